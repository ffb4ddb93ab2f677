# Strata of two columns from R: Rscript make_cases.R FOLDER (survey 4.1-1, jsonlite). Writes sample.csv and cases.json (15 digits).
# Strata are interaction(region, zone): levels that run together when pasted (1 and 11), one stratum taken whole, one combination absent;
# unit ids begin at 1 in every stratum, second-stage ids in every unit. Seed 1111.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", digits = 17, warn = 1)
folder <- commandArgs(TRUE)[1]
set.seed(1111)
rows <- list(); r <- 0; serial <- 0
for (region in c(1, 11, 2)) for (zone in c(1, 11)) {
  if (region == 2 && zone == 11) next
  n1 <- sample(2:4, 1); N1 <- if (region == 11 && zone == 1) n1 else n1 + sample(3:12, 1)
  for (unit in seq_len(n1)) {
    N2 <- sample(4:9, 1); n2 <- sample(2:3, 1); level <- rnorm(1, 0, 4)
    for (place in seq_len(n2)) {
      serial <- serial + 1; n3 <- sample(2:5, 1); N3 <- n3 + sample(0:40, 1)
      for (k in seq_len(n3)) {
        r <- r + 1
        rows[[r]] <- data.frame(region, zone, unit, place, id = k, N1, n1, N2, n2, N3, n3,
          income = round(40 + 3 * region + level + rnorm(1, 0, 6), 2), persons = sample(1:6, 1), poor = rbinom(1, 1, .25),
          kind = sample(c("x", "y", "z"), 1, prob = c(.5, .4, .1)), only = if (region == 2) sample(c("p", "q"), 1) else "q")
      }
    }
  }
}
x <- do.call(rbind, rows); n <- nrow(x)
x$w <- with(x, N1 / n1 * N2 / n2 * N3 / n3)
x$wz <- round(ifelse(runif(n) < .12, 0, x$w * runif(n, .6, 1.4)), 4)
x$debt <- ifelse(runif(n) < .25, NA, round(rexp(n, 1 / 20), 2)); x$land <- ifelse(x$unit == 2 & x$region == 1, NA, sample(c(0, 0, 1, 2.5), n, TRUE))
x$flat <- 7.25
write.csv(x, file.path(folder, "sample.csv"), row.names = FALSE, na = "")
x <- read.csv(file.path(folder, "sample.csv"), na.strings = "")
x$kind <- factor(x$kind, levels = c("x", "y", "z", "never"))
q <- function(df) qt(.975, df)
es <- function(m, df) { e <- as.numeric(coef(m)); s <- as.numeric(SE(m)); list(estimate = e, se = s, ci_lo = e - q(df) * s, ci_hi = e + q(df) * s) }
by_ <- function(b, name) list(level = as.character(b[[name]]), estimate = as.numeric(coef(b)), se = as.numeric(SE(b)))
# two variables with gaps of their own: means as functions of four totals, errors by the delta method
both <- function(d) {
  d <- update(d, id_ = as.numeric(!is.na(debt)), il_ = as.numeric(!is.na(land)), d0 = ifelse(is.na(debt), 0, debt), l0 = ifelse(is.na(land), 0, land))
  t <- svytotal(~d0 + id_ + l0 + il_, d); b <- as.numeric(coef(t)); V <- vcov(t)
  J <- rbind(c(1 / b[2], -b[1] / b[2]^2, 0, 0), c(0, 0, 1 / b[4], -b[3] / b[4]^2))
  C <- J %*% V %*% t(J); m <- c(b[1] / b[2], b[3] / b[4]); g <- c(1, -2)
  list(vcov = C, estimate = sum(g * m), se = sqrt(as.numeric(t(g) %*% C %*% g)))
}
case <- function(d) {
  k <- degf(d); z <- svyby(~income, ~kind, d, svymean, covmat = TRUE); u <- svyby(~income, ~only, d, svymean, covmat = TRUE)
  list(degf = k, strata = length(unique(d$strata[, 1])), mean = es(svymean(~income + persons + flat, d), k), total = es(svytotal(~income + poor, d), k),
    ratio = es(svyratio(~income, ~persons, d), k), debt = es(svymean(~debt, d, na.rm = TRUE), k), land = es(svymean(~land, d, na.rm = TRUE), k),
    land_total = es(svytotal(~land, d, na.rm = TRUE), k), degf_land = degf(subset(d, !is.na(land))), by_kind = by_(z, "kind"),
    by_only = by_(u, "only"), total_by_only = by_(svyby(~income, ~only, d, svytotal), "only"),
    land_by_kind = by_(svyby(~land, ~kind, d, svymean, na.rm = TRUE), "kind"), degf_only = sapply(c("p", "q"), function(l) degf(subset(d, only == l))),
    shared = es(svycontrast(z, c(x = 1, y = -1)), k), shared_vcov = vcov(z), apart = es(svycontrast(u, c(p = 1, q = -1)), k), both = both(d),
    deff = as.numeric(deff(svymean(~income, d, deff = "replace"))), deff_wor = as.numeric(deff(svymean(~income, d, deff = TRUE))),
    share = lapply(c(xlogit = "xlogit", asin = "asin", mean = "mean"), function(m) { p <- svyciprop(~poor, d, method = m); c(as.numeric(p), as.numeric(confint(p))) }),
    ties = lapply(c(math = "math", school = "school", hf7 = "hf7"), function(r) { s <- svyquantile(~persons, d, c(.1, .25, .5, .75), qrule = r)
      list(estimate = as.numeric(coef(s)), se = as.numeric(SE(s)), ci_lo = as.numeric(confint(s)[, 1]), ci_hi = as.numeric(confint(s)[, 2])) }))
}
strata <- ~interaction(region, zone, drop = TRUE)
out <- list(made_with = list(R = R.version.string, survey = as.character(packageVersion("survey"))),
  three = case(svydesign(id = ~unit + place + id, strata = strata, weights = ~w, fpc = ~N1 + N2 + N3, data = x, nest = TRUE)),
  one = case(svydesign(id = ~unit, strata = strata, weights = ~wz, data = x, nest = TRUE)),
  sized = case(svydesign(id = ~unit, strata = strata, weights = ~w, fpc = ~N1, data = x, nest = TRUE)))
# both columns as strata after calibration to kind, and the jackknife
d <- svydesign(id = ~unit, strata = strata, weights = ~w, data = x, nest = TRUE)
m <- tapply(x$w, factor(x$kind, levels = c("x", "y", "z")), sum) * c(1.08, .94, 1.01)
c3 <- calibrate(update(d, kind = factor(kind, levels = c("x", "y", "z"))), ~kind, c(`(Intercept)` = sum(m), kindy = m[["y"]], kindz = m[["z"]]), calfun = "raking", epsilon = 1e-13, maxit = 500)
out$raked <- list(totals = as.list(m), weights = as.numeric(weights(c3)), mean = es(svymean(~income + poor, c3), degf(c3)), total = es(svytotal(~income, c3), degf(c3)),
  by_only = by_(svyby(~income, ~only, c3, svymean), "only"), debt = es(svymean(~debt, c3, na.rm = TRUE), degf(c3)))
j <- as.svrepdesign(d, type = "JKn", mse = TRUE)
out$jackknife <- list(mean = es(svymean(~income, j), degf(j)), ratio = es(svyratio(~income, ~persons, j), degf(j)), by_only = by_(svyby(~income, ~only, j, svymean), "only"))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor", pretty = FALSE), file.path(folder, "cases.json"))
