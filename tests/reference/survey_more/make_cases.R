# Further cases from R on generated data: Rscript make_cases.R FOLDER  (survey 4.1-1, laeken 0.5.2, jsonlite)
# Writes sample.csv (the data), and cases.json (what R printed, 17 digits). Seed 20201130.
suppressPackageStartupMessages({library(survey); library(jsonlite); library(laeken)})
options(survey.lonely.psu = "fail", digits = 17, warn = 1)
folder <- commandArgs(TRUE)[1]
set.seed(20201130)
# 7 counties (strata) with 3 to 6 towns drawn of 9 to 20, 2 villages a town, 3 to 7 households a village
rows <- list(); town <- 0; village <- 0; hh <- 0
for (h in 1:7) {
  n1 <- sample(3:6, 1); N1 <- sample(9:20, 1)
  for (t in seq_len(n1)) {
    town <- town + 1; N2 <- sample(4:12, 1); te <- rnorm(1, 0, 0.15)
    for (v in 1:2) {
      village <- village + 1; n3 <- sample(3:7, 1); N3 <- sample(60:240, 1)
      for (k in seq_len(n3)) {
        hh <- hh + 1
        rows[[hh]] <- data.frame(county = paste0("h", h), town = sprintf("t%02d", town), village = sprintf("v%03d", village),
          hh = hh, N1 = N1, n1 = n1, N2 = N2, n2 = 2, N3 = N3, n3 = n3,
          income = round(exp(9.3 + te + 0.1 * (h %% 3) + rnorm(1, 0, 0.55)), 1),
          size = sample(1:7, 1, prob = c(.1, .2, .25, .2, .15, .07, .03)), kind = sample(c("exited", "poor", "general"), 1, prob = c(.3, .2, .5)),
          sat = sample(c("high", "mid", "low"), 1, prob = c(.6, .3, .1)), rare = rbinom(1, 1, .02), safe = rbinom(1, 1, .9))
      }
    }
  }
}
x <- do.call(rbind, rows)
x$city <- ifelse(x$county %in% c("h1", "h2", "h3"), "A", ifelse(x$county %in% c("h4", "h5"), "B", "C"))
x$f1 <- x$n1 / x$N1; x$f2 <- x$n2 / x$N2; x$f3 <- x$n3 / x$N3
x$w <- round(1 / (x$f1 * x$f2 * x$f3), 6)
x$labour <- pmin(x$size, rpois(nrow(x), 1.8)); x$jobs <- rbinom(nrow(x), x$labour, .7)
x$answer <- ifelse(runif(nrow(x)) < .12, NA, x$safe)
write.csv(x, file.path(folder, "sample.csv"), row.names = FALSE, na = "")
x <- read.csv(file.path(folder, "sample.csv"), na.strings = "")
q <- function(df) qt(.975, df)
es <- function(m, df) list(estimate = as.numeric(coef(m)), se = as.numeric(SE(m)), ci_lo = as.numeric(coef(m)) - q(df) * as.numeric(SE(m)), ci_hi = as.numeric(coef(m)) + q(df) * as.numeric(SE(m)))
by_ <- function(b) list(estimate = as.numeric(coef(b)), se = as.numeric(SE(b)))
d3 <- svydesign(id = ~town + village + hh, strata = ~county, weights = ~w, fpc = ~N1 + N2 + N3, data = x)
d3f <- svydesign(id = ~town + village + hh, strata = ~county, weights = ~w, fpc = ~f1 + f2 + f3, data = x)
d1 <- svydesign(id = ~town, strata = ~county, weights = ~w, data = x)
d1f <- svydesign(id = ~town, strata = ~county, weights = ~w, fpc = ~N1, data = x)
hh1 <- svydesign(id = ~1, weights = ~w, data = x)
out <- list(made_with = list(R = R.version.string, survey = as.character(packageVersion("survey")), laeken = as.character(packageVersion("laeken"))))
out$three_stage <- list(degf = degf(d3), mean = es(svymean(~income + size, d3), degf(d3)), total = es(svytotal(~income, d3), degf(d3)),
  ratio = es(svyratio(~jobs, ~labour, d3), degf(d3)), fractions = es(svymean(~income, d3f), degf(d3)),
  by_city = by_(svyby(~income, ~city, d3, svymean)), by_city_kind = by_(svyby(~income, ~kind + city, d3, svymean)),
  total_by_kind = by_(svyby(~size, ~kind, d3, svytotal)), ratio_by_city = by_(svyby(~jobs, ~city, denominator = ~labour, d3, svyratio)),
  answer = es(svymean(~answer, d3, na.rm = TRUE), degf(d3)), answer_by_city = by_(svyby(~answer, ~city, d3, svymean, na.rm = TRUE)),
  factor = es(svymean(~factor(kind, levels = c("exited", "general", "poor")), d3), degf(d3)),
  where = es(svymean(~income, subset(d3, size >= 3 & kind != "poor")), degf(subset(d3, size >= 3 & kind != "poor"))),
  where_degf = degf(subset(d3, size >= 3 & kind != "poor")),
  deff_replace = as.numeric(deff(svymean(~income, d3, deff = "replace"))), deff_total = as.numeric(deff(svytotal(~income, d3, deff = "replace"))),
  deff_ratio = as.numeric(deff(svyratio(~jobs, ~labour, d3, deff = "replace"))), vcov = vcov(svymean(~income + size + safe, d3)))
# contrasts: the covariance between domains
bk <- svyby(~income, ~kind, d3, svymean, covmat = TRUE); tk <- svyby(~income, ~kind, d3, svytotal, covmat = TRUE); rk <- svyby(~jobs, ~kind, denominator = ~labour, d3, svyratio, covmat = TRUE)
sk <- svyby(~safe, ~kind, d3, svymean, covmat = TRUE)
out$contrast <- list(mean = es(svycontrast(bk, c(exited = 1, poor = -1)), degf(d3)), total = es(svycontrast(tk, c(exited = 1, general = -.5, poor = -.5)), degf(d3)),
  ratio = es(svycontrast(rk, c("exited" = 1, "general" = -1)), degf(d3)), safe = es(svycontrast(sk, c(exited = 1, general = -1)), degf(d3)), vcov = vcov(bk),
  variables = es(svycontrast(svymean(~income + size, d3), c(income = 1, size = -1000)), degf(d3)))
ch <- svychisq(~kind + sat, d3); chd <- svychisq(~kind + sat, subset(d3, city != "C"))
out$chisq <- list(F = as.numeric(ch$statistic), df = as.numeric(ch$parameter), p = as.numeric(ch$p.value), domain_F = as.numeric(chd$statistic), domain_df = as.numeric(chd$parameter), domain_degf = degf(subset(d3, city != "C")))
# shares
cp <- function(f, d, m, l = .95) { p <- suppressWarnings(svyciprop(f, d, method = m, level = l)); list(estimate = as.numeric(p), se = as.numeric(SE(p)), ci_lo = as.numeric(confint(p)[1]), ci_hi = as.numeric(confint(p)[2])) }
ms <- c("logit", "xlogit", "beta", "asin", "mean", "likelihood")
out$ciprop <- list(rare = setNames(lapply(ms, function(m) cp(~rare, d3, m)), ms), safe = setNames(lapply(ms, function(m) cp(~safe, d3, m)), ms),
  safe_90 = setNames(lapply(ms, function(m) cp(~safe, d3, m, .90)), ms), safe_B = setNames(lapply(ms, function(m) cp(~safe, subset(d3, city == "B"), m)), ms), degf_B = degf(subset(d3, city == "B")))
# quantiles: every rule, intervals, a domain
rules <- c("math", "school", "shahvaish", "hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9")
p <- c(.05, .1, .25, .5, .75, .9, .95)
sq <- function(f, d, p, ...) { s <- suppressWarnings(svyquantile(f, d, p, ...)); list(estimate = as.numeric(coef(s)), ci_lo = as.numeric(confint(s)[, 1]), ci_hi = as.numeric(confint(s)[, 2]), se = as.numeric(SE(s))) }
x1 <- x; x1$w1 <- x1$w / mean(x1$w); dn <- svydesign(id = ~town + village + hh, strata = ~county, weights = ~w1, fpc = ~N1 + N2 + N3, data = x1)
out$quantile <- list(probs = p, rules = setNames(lapply(rules, function(r) sq(~income, if (r == "shahvaish") dn else d3, p, qrule = r)), rules),
  size = setNames(lapply(rules, function(r) sq(~size, if (r == "shahvaish") dn else d3, c(.25, .5, .75), qrule = r)), rules),
  intervals = setNames(lapply(c("mean", "beta", "xlogit", "asin"), function(i) sq(~income, d3, c(.25, .5, .75), interval.type = i)), c("mean", "beta", "xlogit", "asin")),
  B = sq(~income, subset(d3, city == "B"), c(.25, .5, .75)), degf_B = degf(subset(d3, city == "B")))
# calibration: per cluster, without intercept, post-stratification, cells, bounds, partition by city, two steps
N <- sum(x$w); mt <- c(exited = .33, general = .46, poor = .21) * N * 1.04; ct <- c(A = .44, B = .25, C = .31) * N * 1.04; S <- 3.3 * N
f <- function(z) list(weights = as.numeric(weights(z)), mean = es(svymean(~income, z), degf(z)), total = es(svytotal(~size, z), degf(z)), ratio = es(svyratio(~jobs, ~labour, z), degf(z)), by_city = by_(svyby(~income, ~city, z, svymean)), by_kind = by_(svyby(~safe, ~kind, z, svymean)))
pop <- c(`(Intercept)` = sum(mt), kindgeneral = mt[["general"]], kindpoor = mt[["poor"]], size = S)
ctl <- list(epsilon = 1e-12, maxit = 500)
ca <- function(d, ...) suppressWarnings(calibrate(d, ~kind + size, pop, epsilon = 1e-12, maxit = 500, ...))
vw <- x; vw$w <- ave(x$w, x$town); dv <- svydesign(id = ~town, strata = ~county, weights = ~w, data = vw)
pv <- 1.03 * c(`(Intercept)` = sum(vw$w), kindgeneral = 1.01 * sum(vw$w * (vw$kind == "general")), kindpoor = .99 * sum(vw$w * (vw$kind == "poor")), size = 1.01 * sum(vw$w * vw$size))
out$calibrate <- list(kind = as.list(mt), city = as.list(ct), size = S, linear = f(ca(d3, calfun = "linear")), raking = f(ca(d3, calfun = "raking")),
  truncated = f(ca(d3, calfun = "linear", bounds = c(.85, 1.3))), raking_bounded = f(ca(d3, calfun = "raking", bounds = c(.85, 1.3))), logit = f(ca(d3, calfun = "logit", bounds = c(.7, 1.6))),
  no_intercept = f(calibrate(d3, ~size - 1, c(size = S), epsilon = 1e-12)),
  cluster = as.list(pv), cluster_linear = f(calibrate(dv, ~kind + size, pv, aggregate.stage = 1, epsilon = 1e-12)), cluster_raking = f(suppressWarnings(calibrate(dv, ~kind + size, pv, aggregate.stage = 1, calfun = "raking", epsilon = 1e-12, maxit = 500))),
  post = f(postStratify(d3, ~kind, data.frame(kind = names(mt), Freq = as.numeric(mt)))),
  cells = f(postStratify(d3, ~kind + city, data.frame(kind = rep(names(mt), 3), city = rep(names(ct), each = 3), Freq = as.numeric(outer(mt, ct / sum(ct)))))),
  both = f(suppressWarnings(calibrate(d3, ~kind + city, c(`(Intercept)` = sum(mt), kindgeneral = mt[["general"]], kindpoor = mt[["poor"]], cityB = ct[["B"]], cityC = ct[["C"]]), calfun = "raking", epsilon = 1e-12, maxit = 500))))
pc <- c(sapply(names(ct), function(k) ct[[k]]), sapply(names(ct), function(k) .33 * ct[[k]])); names(pc) <- NULL
x$e <- as.numeric(x$kind == "exited"); dp <- update(d3, e = e <- as.numeric(kind == "exited"))
out$calibrate$partition <- f(suppressWarnings(calibrate(dp, ~factor(city) + factor(city):e - 1, setNames(pc, colnames(model.matrix(~factor(city) + factor(city):e - 1, x))), calfun = "raking", epsilon = 1e-12, maxit = 500)))
z <- ca(d3, calfun = "raking"); up <- as.numeric(quantile(weights(z), .93)); lo <- as.numeric(quantile(weights(z), .03))
out$trim <- list(upper = up, lower = lo, once = f(trimWeights(z, upper = up, lower = lo)), strict = f(trimWeights(z, upper = up, lower = lo, strict = TRUE)))
# replicates
y <- x[x$town %in% unlist(lapply(split(x$town, x$county), function(t) unique(t)[1:2])), ]
d2 <- svydesign(id = ~town, strata = ~county, weights = ~w, data = y)
g <- function(r) list(scale = r$scale, rscales = r$rscales, degf = degf(r), mean = es(svymean(~income, r), degf(r)), total = es(svytotal(~size, r), degf(r)), ratio = es(svyratio(~jobs, ~labour, r), degf(r)),
  by_kind = by_(svyby(~income, ~kind, r, svymean)), share = cp(~safe, r, "xlogit"), median = sq(~income, r, c(.25, .5), interval.type = "mean"))
jkn <- as.svrepdesign(d1, type = "JKn"); jknm <- as.svrepdesign(d1, type = "JKn", mse = TRUE); jkf <- as.svrepdesign(d1f, type = "JKn"); jk1 <- as.svrepdesign(svydesign(id = ~town, weights = ~w, data = x), type = "JK1")
brr <- as.svrepdesign(d2, type = "BRR"); fay <- as.svrepdesign(d2, type = "Fay", fay.rho = .4); set.seed(7); bs <- as.svrepdesign(d1, type = "subbootstrap", replicates = 30)
tab <- function(r, x) { W <- weights(r, "analysis"); k <- !duplicated(x$town); m <- W[k, ] / x$w[k]; rownames(m) <- x$town[k]; list(town = x$town[k], factors = unname(m)) }
co <- as.svrepdesign(svydesign(id = ~town, strata = ~county, weights = ~w, data = x), type = "JKn"); cr <- calibrate(co, ~kind, c(`(Intercept)` = sum(mt), kindgeneral = mt[["general"]], kindpoor = mt[["poor"]]), epsilon = 1e-12)
op <- options(survey.lonely.psu = "adjust"); xl <- x[!(x$county == "h7" & x$town != x$town[x$county == "h7"][1]), ]; dl <- svydesign(id = ~town, strata = ~county, weights = ~w, data = xl)
jl <- function(k) { options(survey.lonely.psu = k); g(as.svrepdesign(dl, type = "JKn")) }
out$replicate <- list(jkn = g(jkn), jkn_mse = g(jknm), jkn_fpc = g(jkf), jk1 = g(jk1), brr = c(g(brr), tab(brr, y)), fay = c(g(fay), tab(fay, y)), bootstrap = c(g(bs), tab(bs, x)),
  calibrated = list(mean = es(svymean(~income, cr), degf(cr)), by_city = by_(svyby(~income, ~city, cr, svymean))), lonely = list(adjust = jl("adjust"), average = jl("average"), certainty = jl("certainty")))
options(op)
fg <- function(t, a) withReplicates(jkn, function(w, data) { u <- ifelse(data$income < t, ((t - data$income) / t)^a, 0); sum(w * u) / sum(w) })
pv <- function(v) list(estimate = as.numeric(v), se = as.numeric(SE(v)))
out$poverty <- list(line = 9000, headcount = es(svymean(~I(as.numeric(income < 9000)), d3), degf(d3)), gap = es(svymean(~I(pmax(0, (9000 - income) / 9000)), d3), degf(d3)), severity = es(svymean(~I(pmax(0, (9000 - income) / 9000)^2), d3), degf(d3)),
  gap_by_city = by_(svyby(~I(pmax(0, (9000 - income) / 9000)), ~city, d3, svymean)), jkn = lapply(c(h = 0, g = 1, s = 2), function(a) pv(fg(9000, a))),
  line60 = as.numeric(arpt("income", weights = "w", data = x)), arpr = as.numeric(arpr("income", weights = "w", data = x)$value) / 100, gini = as.numeric(gini("income", weights = "w", data = x)$value) / 100,
  qsr = as.numeric(qsr("income", weights = "w", data = x)$value), rmpg = as.numeric(rmpg("income", weights = "w", data = x)$value) / 100)
t60 <- out$poverty$line60; out$poverty$relative <- sapply(0:2, function(a) sum(x$w * ifelse(x$income < t60, ((t60 - x$income) / t60)^a, 0)) / sum(x$w))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), file.path(folder, "cases.json"))
