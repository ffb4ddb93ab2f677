# Likelihood intervals of shares, solved: Rscript likelihood.R FOLDER  (R 4.2.2, survey 4.1-1, jsonlite)
# svyciprop(method = "likelihood") takes the limits where sqrt((deviance(b) - deviance(b0)) / dispersion) is
# t * sqrt(lambda), by straight lines between the points of a spline through some 12 points of the profile.
# Here the same equation, made of the same parts of svyglm, is solved by uniroot. Writes likelihood.json.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
x <- read.csv(file.path(folder, "sample.csv"))
d3 <- svydesign(id = ~town + village + hh, strata = ~county, weights = ~w, fpc = ~N1 + N2 + N3, data = x)
limits <- function(f, d, level = .95) {
  m <- suppressWarnings(svyglm(f, d, family = quasibinomial, control = glm.control(epsilon = 1e-14, maxit = 100)))
  lambda <- diag(m$cov.unscaled) / diag(m$naive.cov)
  y <- model.response(model.frame(m)); w <- model.weights(model.frame(m))
  dev <- function(b) sum(m$family$dev.resids(y, rep(plogis(b), length(y)), w))
  b0 <- coef(m)[[1]]; far <- qt(1 - (1 - level) / 2, degf(d)) * sqrt(lambda); s <- as.numeric(summary(m)$dispersion)
  off <- function(b) sqrt(max(dev(b) - dev(b0), 0) / s) - far
  root <- function(a, b) uniroot(off, c(a, b), tol = 1e-13)$root
  list(ci_lo = plogis(root(b0 - 12, b0)), ci_hi = plogis(root(b0, b0 + 12)))
}
out <- list(rare = limits(rare ~ 1, d3), safe = limits(safe ~ 1, d3), safe_90 = limits(safe ~ 1, d3, .90),
  safe_B = limits(safe ~ 1, subset(d3, city == "B")))
for (v in c("rare", "safe", "safe_90", "safe_B")) {
  f <- if (v == "rare") ~rare else ~safe
  d <- if (v == "safe_B") subset(d3, city == "B") else d3
  out[[v]]$printed <- as.numeric(confint(suppressWarnings(svyciprop(f, d, method = "likelihood", level = if (v == "safe_90") .9 else .95))))
}
write_json(out, file.path(folder, "likelihood.json"), auto_unbox = TRUE, digits = 17)
