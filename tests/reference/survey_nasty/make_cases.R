# Cases of awkward shape from R: Rscript make_cases.R FOLDER (survey 4.1-1, jsonlite). Writes sample.csv and cases.json.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", digits = 17, warn = -1)
folder <- commandArgs(TRUE)[1]
set.seed(91)
# strata: s1..s7; s3 has all its units (certainty), s5 one unit of many, s6 one of one; units of one or more second-stage units
rows <- list(); u <- 0; v <- 0
for (h in 1:7) {
  n1 <- c(4, 2, 3, 5, 1, 1, 2)[h]; N1 <- c(11, 9, 3, 30, 8, 1, 6)[h]
  for (i in seq_len(n1)) {
    u <- u + 1; N2 <- c(1, 5, 9, 3)[u %% 4 + 1]; n2 <- min(N2, c(2, 1, 3)[u %% 3 + 1])
    for (j in seq_len(n2)) {
      v <- v + 1; n3 <- c(1, 3, 4, 2, 6)[v %% 5 + 1]; N3 <- n3 * c(1, 7, 40)[v %% 3 + 1]
      rows[[v]] <- data.frame(s = paste0("s", h), u = u, v = v, N1, n1, N2, n2, N3, n3, k = seq_len(n3))
    }
  }
}
x <- do.call(rbind, rows); n <- nrow(x)
x$id <- seq_len(n); x$w <- with(x, N1 / n1 * N2 / n2 * N3 / n3)
x$f1 <- x$n1 / x$N1; x$f2 <- x$n2 / x$N2; x$f3 <- x$n3 / x$N3
x$y <- round(rnorm(n, 3, 5) + x$u, 2); x$z <- round(exp(rnorm(n, 8, 1)), 1); x$t <- sample(c(-2, 0, 0, 1, 1, 1, 5), n, TRUE)
x$big <- 1e6 + rnorm(n); x$b <- rbinom(n, 1, .3); x$r <- as.numeric(seq_len(n) %in% c(5, 40))
x$m <- ifelse(runif(n) < .25, NA, x$y); x$bm <- ifelse(runif(n) < .2, NA, x$b)
x$g <- ifelse(x$s %in% c("s1", "s2"), sample(c("p", "q"), n, TRUE), sample(c("q", "r"), n, TRUE)); x$c <- sample(c("one", "two", "three"), n, TRUE, c(.5, .3, .2))
x$wz <- ifelse(runif(n) < .15, 0, x$w * runif(n, .5, 1.5)); x$wz <- round(x$wz, 6)
write.csv(x, file.path(folder, "sample.csv"), row.names = FALSE, na = "")
x <- read.csv(file.path(folder, "sample.csv"), na.strings = "")
q <- function(df) suppressWarnings(qt(.975, df))
es <- function(m, df) { e <- as.numeric(coef(m)); s <- as.numeric(SE(m)); list(estimate = e, se = s, ci_lo = e - q(df) * s, ci_hi = e + q(df) * s, df = df) }
by_ <- function(b) list(estimate = as.numeric(coef(b)), se = as.numeric(SE(b)))
T <- function(e) tryCatch(suppressWarnings(e), error = function(err) paste("ERROR", conditionMessage(err)))
with_ <- function(k, f) { o <- options(survey.lonely.psu = k); on.exit(options(o)); f() }
out <- list()
D <- list(d3 = quote(svydesign(id = ~u + v + id, strata = ~s, weights = ~w, fpc = ~N1 + N2 + N3, data = x)),
  d3f = quote(svydesign(id = ~u + v + id, strata = ~s, fpc = ~f1 + f2 + f3, data = x)),
  d2 = quote(svydesign(id = ~u + v, strata = ~s, weights = ~w, fpc = ~N1 + N2, data = x)),
  d1 = quote(svydesign(id = ~u, strata = ~s, weights = ~w, fpc = ~N1, data = x)), d0 = quote(svydesign(id = ~u, strata = ~s, weights = ~w, data = x)),
  z0 = quote(svydesign(id = ~u, strata = ~s, weights = ~wz, data = x)), z3 = quote(svydesign(id = ~u + v + id, strata = ~s, weights = ~wz, fpc = ~N1 + N2 + N3, data = x)),
  u0 = quote(svydesign(id = ~v, weights = ~wz, data = x)), e0 = quote(svydesign(id = ~1, strata = ~c, weights = ~wz, data = x)))
f <- function(d) { k <- degf(d); list(degf = k, mean = es(svymean(~y + z + big + t, d), k), total = es(svytotal(~y + z, d), k), ratio = es(svyratio(~y, ~z, d), k), mean_na = T(es(svymean(~m, d, na.rm = TRUE), k)),
  total_na = T(es(svytotal(~m, d, na.rm = TRUE), k)), ratio_na = T(es(svyratio(~m, ~z, d, na.rm = TRUE), k)),
  by_g = T(by_(svyby(~y, ~g, d, svymean))), total_by_g = T(by_(svyby(~z, ~g, d, svytotal))), ratio_by_g = T(by_(svyby(~y, ~g, denominator = ~z, d, svyratio))), by_gc = T(by_(svyby(~y, ~c + g, d, svymean))), na_by_g = T(by_(svyby(~m, ~g, d, svymean, na.rm = TRUE))),
  factor = T(by_(svymean(~factor(c, levels = c("one", "three", "two")), d))), degf_g = sapply(c("p", "q", "r"), function(l) degf(subset(d, g == l))),
  deff_wr = T(as.numeric(deff(svymean(~y + b, d, deff = "replace")))), deff_wor = T(as.numeric(deff(svymean(~y + b, d, deff = TRUE)))), deff_total_wr = T(as.numeric(deff(svytotal(~y + b, d, deff = "replace")))), deff_total_wor = T(as.numeric(deff(svytotal(~y + b, d, deff = TRUE)))),
  deff_ratio = T(as.numeric(deff(svyratio(~y, ~z, d, deff = "replace")))), deff_by = T(as.numeric(deff(svyby(~y, ~g, d, svymean, deff = "replace")))), deff_by_wor = T(as.numeric(deff(svyby(~y, ~g, d, svymean, deff = TRUE)))), deff_by_total = T(as.numeric(deff(svyby(~y, ~g, d, svytotal, deff = "replace")))),
  vcov = vcov(svymean(~y + z + b, d)), vtot = vcov(svytotal(~y + z + b, d)), cv = as.numeric(cv(svytotal(~z, d))),
  cip = T(setNames(lapply(c("logit", "xlogit", "beta", "asin", "mean"), function(mm) lapply(list(b = d, g = subset(d, g == "q")), function(dd) { p <- svyciprop(~b, dd, method = mm); c(as.numeric(p), as.numeric(confint(p))) })), c("logit", "xlogit", "beta", "asin", "mean"))),
  contrast = T({ b <- svyby(~y, ~g, d, svymean, covmat = TRUE); es(svycontrast(b, c(p = 1, q = -.5, r = -.5)), k) }), contrast_total = T({ b <- svyby(~z, ~g, d, svytotal, covmat = TRUE); es(svycontrast(b, c(p = 1, q = -1)), k) }),
  contrast_ratio = T({ b <- svyby(~y, ~g, d, svyratio, denominator = ~z, covmat = TRUE); es(svycontrast(b, c("p" = 1, "r" = -1)), k) }), contrast_vars = T(es(svycontrast(svymean(~y + z, d), c(y = 2, z = -1)), k)),
  chi = T(lapply(c(F = "F", Chisq = "Chisq", Wald = "Wald", adjWald = "adjWald"), function(s) { h <- svychisq(~c + g, d, statistic = s); list(stat = as.numeric(h$statistic), par = as.numeric(h$parameter), p = as.numeric(h$p.value)) })),
  ttest = T({ h <- svyttest(y ~ b, d); list(t = as.numeric(h$statistic), df = as.numeric(h$parameter), p = as.numeric(h$p.value), est = as.numeric(h$estimate)) })) }
rules <- c("adjust", "certainty", "remove", "average")
for (k in rules) out[[k]] <- with_(k, function() lapply(D[c("d3", "d3f", "d2", "d1", "d0", "z0", "z3")], function(e) T(f(eval(e)))))
for (k in c("u0", "e0")) out$none[[k]] <- f(eval(D[[k]]))
out$fail <- T({ d <- eval(D$d0); as.numeric(SE(svymean(~y, d))) })
# quantiles
options(survey.lonely.psu = "certainty")
rl <- c("math", "school", "hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9"); p <- c(.1, .25, .5, .75, .9)
sq <- function(fo, d, p, ...) { s <- T(svyquantile(fo, d, p, na.rm = TRUE, ...)); if (is.character(s)) return(s); list(estimate = as.numeric(coef(s)), ci_lo = as.numeric(confint(s)[, 1]), ci_hi = as.numeric(confint(s)[, 2]), se = as.numeric(SE(s))) }
d <- eval(D$d0); dz <- eval(D$z0)
out$quantile <- list(w = lapply(setNames(rl, rl), function(r) sq(~z, d, p, qrule = r)), ties = lapply(setNames(rl, rl), function(r) sq(~t, d, p, qrule = r)), zero = lapply(setNames(rl, rl), function(r) sq(~z, dz, p, qrule = r)), na = lapply(setNames(rl, rl), function(r) sq(~m, dz, p, qrule = r)),
  int = lapply(c(mean = "mean", beta = "beta", xlogit = "xlogit", asin = "asin"), function(i) sq(~z, d, p, interval.type = i)), int_zero = lapply(c(mean = "mean", beta = "beta", xlogit = "xlogit", asin = "asin"), function(i) sq(~m, dz, p, interval.type = i)),
  dom = sq(~z, subset(dz, g == "q"), p), dom_degf = degf(subset(dz, g == "q")))
# calibration with lonely = certainty on d3, zero weights too
options(survey.lonely.psu = "certainty")
cal <- function(w, e) { xx <- x; xx$w0 <- xx[[w]]; N <- sum(xx$w0); m <- tapply(xx$w0, xx$c, sum) * c(1.05, .97, 1.02)[seq_along(unique(xx$c))]; g <- tapply(xx$w0, xx$g, sum) * c(.95, 1.04, 1.01); g <- g / sum(g) * sum(m); S <- sum(xx$w0 * xx$z) * 1.02
  pop <- c(`(Intercept)` = sum(m), cthree = m[["three"]], ctwo = m[["two"]], gq = g[["q"]], gr = g[["r"]], z = S)
  h <- function(dd) { k <- degf(dd); list(weights = as.numeric(weights(dd)), mean = es(svymean(~y + z, dd), k), total = es(svytotal(~y + b, dd), k), ratio = es(svyratio(~y, ~z, dd), k), by_g = by_(svyby(~y, ~g, dd, svymean)), by_s = by_(svyby(~y, ~s, dd, svytotal)), na = T(by_(svymean(~m, dd, na.rm = TRUE))), na_by = T(by_(svyby(~m, ~c, dd, svymean, na.rm = TRUE))),
    cip = T({ p <- svyciprop(~b, subset(dd, g == "q"), method = "xlogit", df = 5); c(as.numeric(p), as.numeric(confint(p))) }), cdiff = T({ b <- svyby(~y, ~c, dd, svymean, covmat = TRUE); es(svycontrast(b, c(one = 1, two = -1)), k) }), median = sq(~z, dd, .5)) }
  dd <- eval(e); fo <- ~c + g + z
  list(c = as.list(m), g = as.list(g), z = S, linear = T(h(calibrate(dd, fo, pop, calfun = "linear", epsilon = 1e-12, maxit = 500))), raking = T(h(calibrate(dd, fo, pop, calfun = "raking", epsilon = 1e-12, maxit = 500))), logit = T(h(calibrate(dd, fo, pop, calfun = "logit", bounds = c(.7, 1.4), epsilon = 1e-12, maxit = 500))),
    bounded = T(h(calibrate(dd, fo, pop, calfun = "linear", bounds = c(.9, 1.12), epsilon = 1e-12, maxit = 500))), rbounded = T(h(calibrate(dd, fo, pop, calfun = "raking", bounds = c(.9, 1.12), epsilon = 1e-12, maxit = 500))),
    rake = as.numeric(weights(rake(dd, list(~c, ~g), list(data.frame(c = names(m), Freq = as.numeric(m)), data.frame(g = names(g), Freq = as.numeric(g))), control = list(maxit = 3000, epsilon = 1e-11)))),
    post = T(h(postStratify(dd, ~c, data.frame(c = names(m), Freq = as.numeric(m))))), trim = T({ z <- calibrate(dd, fo, pop, calfun = "raking", epsilon = 1e-12, maxit = 500); up <- as.numeric(quantile(weights(z), .95)); list(up = up, once = as.numeric(weights(trimWeights(z, upper = up))), strict = as.numeric(weights(trimWeights(z, upper = up, strict = TRUE)))) })) }
out$cal <- list(d3 = cal("w", D$d3), d0 = cal("w", D$d0), z0 = cal("wz", D$z0))
# replicates: two units a stratum for BRR; all for the jackknife and the bootstrap
options(survey.lonely.psu = "fail")
y <- x[x$s %in% c("s1", "s2", "s3", "s4", "s7"), ]; y2 <- y[y$u %in% unlist(lapply(split(y$u, y$s), function(t) unique(t)[1:2])), ]
rp <- function(r) { k <- degf(r); list(scale = r$scale, rscales = r$rscales, W = { W <- weights(r, "analysis"); attributes(W) <- attributes(W)["dim"]; W }, degf = k, mean = es(svymean(~y + z, r), k), total = es(svytotal(~z, r), k), ratio = es(svyratio(~y, ~z, r), k), na = by_(svymean(~m, r, na.rm = TRUE)), by_g = T(by_(svyby(~y, ~g, r, svymean))), tot_by_g = T(by_(svyby(~z, ~g, r, svytotal))), degf_g = sapply(c("p", "q", "r"), function(l) degf(subset(r, g == l))),
  vcov = vcov(svymean(~y + z, r)), cip = lapply(c(xlogit = "xlogit", beta = "beta", asin = "asin", mean = "mean"), function(m) { p <- svyciprop(~b, r, method = m); c(as.numeric(p), as.numeric(confint(p))) }), median = sq(~z, r, c(.25, .5)), contrast = T({ b <- svyby(~y, ~g, r, svymean, covmat = TRUE); es(svycontrast(b, c(p = 1, q = -1)), k) }), 
  contrast_vars = T(es(svycontrast(svymean(~y + z, r), c(y = 1, z = -1)), k))) }
dy <- svydesign(id = ~u, strata = ~s, weights = ~w, data = y); dyf <- svydesign(id = ~u, strata = ~s, weights = ~w, fpc = ~N1, data = y); dy2 <- svydesign(id = ~u, strata = ~s, weights = ~w, data = y2); dyz <- svydesign(id = ~u, strata = ~s, weights = ~wz, data = y)
set.seed(3)
R <- list(jkn = as.svrepdesign(dy, type = "JKn"), jkn_mse = as.svrepdesign(dy, type = "JKn", mse = TRUE), jknf = as.svrepdesign(dyf, type = "JKn"), jk1 = as.svrepdesign(svydesign(id = ~u, weights = ~w, data = y), type = "JK1"), brr = as.svrepdesign(dy2, type = "BRR"), brr_mse = as.svrepdesign(dy2, type = "BRR", mse = TRUE), fay = as.svrepdesign(dy2, type = "Fay", fay.rho = .3), boot = as.svrepdesign(dy, type = "subbootstrap", replicates = 25), boot_mse = as.svrepdesign(dy, type = "bootstrap", replicates = 25, mse = TRUE), zero = as.svrepdesign(dyz, type = "JKn"))
out$rep <- lapply(R, function(r) T(rp(r)))
cr <- calibrate(R$jkn, ~c, { m <- tapply(y$w, y$c, sum) * 1.03; c(`(Intercept)` = sum(m), cthree = m[["three"]], ctwo = m[["two"]]) }, calfun = "raking", epsilon = 1e-12, maxit = 500)
out$rep_cal <- list(mean = by_(svymean(~y + z, cr)), total = by_(svytotal(~z, cr)), by_g = by_(svyby(~y, ~g, cr, svymean)))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor"), file.path(folder, "cases.json"))
