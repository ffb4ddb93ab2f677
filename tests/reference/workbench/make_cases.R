# Influence, tests against the rest, curves, decomposition, calibration trials on the data of ../survey_more/sample.csv:
# Rscript make_cases.R FOLDER_OF_SAMPLE OUT.json   (survey 4.1-1, jsonlite)
# Curves and ratios of ratios are linearised here by hand, scores written out for each record, and summed by svytotal;
# the jackknife (JKn over towns, no finite population) stands beside them as a second way.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", digits = 17, warn = 1)
a <- commandArgs(TRUE)
x <- read.csv(file.path(a[1], "sample.csv"), na.strings = "")
x$poor <- as.numeric(x$income < 8000)
d <- svydesign(id = ~town + village + hh, strata = ~county, weights = ~w, fpc = ~N1 + N2 + N3, data = x)
N <- sum(x$w)
pop <- c(`(Intercept)` = N * 1.04, kindgeneral = .46 * N * 1.04, kindpoor = .21 * N * 1.04)
cal <- calibrate(d, ~kind, pop, calfun = "raking", epsilon = 1e-13, maxit = 500)
out <- list(made_with = list(R = R.version.string, survey = as.character(packageVersion("survey"))))

# influence: the mean without each town, other weights as they are; and R's own scores, summed by town
mean_without <- sapply(sort(unique(x$town)), function(t) with(x[x$town != t, ], sum(w * income) / sum(w)))
inf <- attr(svymean(~income, d, influence = TRUE), "influence")
if (is.null(inf)) inf <- with(x, w * (income - sum(w * income) / sum(w)) / sum(w))
inf_town <- tapply(as.numeric(inf), x$town, sum)
m <- svymean(~income, d)
# the first stage's part of the variance, written out: (1 - n/N) n/(n - 1) (t - mean of t in the county)^2
z <- tapply(with(x, w * (income - sum(w * income) / sum(w)) / sum(w)), x$town, sum)
s <- unique(x[, c("town", "county", "N1", "n1")]); s <- s[order(s$town), ]
part <- (1 - s$n1 / s$N1) * s$n1 / (s$n1 - 1) * (as.numeric(z) - ave(as.numeric(z), s$county))^2
# calibrated: residuals of the score on the calibration's columns, base weights; g from R
g <- weights(cal) / x$w; wc <- weights(cal); r <- sum(wc * x$income) / sum(wc); u <- (x$income - r) / sum(wc)
X <- model.matrix(~kind, x); B <- solve(t(X) %*% (x$w * X), t(X) %*% (x$w * u)); e <- as.numeric(u - X %*% B)
# and the calibration done again without one town, other totals the same: what the linear change approximates
again <- sapply(c("t01", "t09"), function(t) { y <- x[x$town != t, ]
  q <- calibrate(svydesign(id = ~hh, weights = ~w, data = y), ~kind, pop, calfun = "raking", epsilon = 1e-13, maxit = 500); sum(weights(q) * y$income) / sum(weights(q)) })
out$influence <- list(town = sort(unique(x$town)), change = as.numeric(mean_without - coef(m)), scores = as.numeric(inf_town), se = as.numeric(SE(m)), first_stage = part / sum(part),
  calibrated_change = as.numeric(-tapply(wc * e, x$town, sum)), calibrated_se = as.numeric(SE(svymean(~income, cal))), calibrated_mean = r, again = as.numeric(again))

# each kind against the others: difference of two ratios of totals, by svycontrast; degrees of freedom after Satterthwaite, over the two and over the strata
rest <- lapply(c("exited", "general", "poor"), function(k) {
  i <- as.numeric(x$kind == k); add <- data.frame(i1 = i, i2 = 1 - i, y1 = i * x$income, y2 = (1 - i) * x$income)
  f <- function(z) { z$variables <- cbind(z$variables[, setdiff(names(z$variables), names(add))], add)
    tt <- svytotal(~y1 + i1 + y2 + i2, z); cc <- svycontrast(tt, quote(y1 / i1 - y2 / i2))
    v <- c(SE(svycontrast(tt, quote(y1 / i1)))^2, SE(svycontrast(tt, quote(y2 / i2)))^2)
    df <- sapply(c(1, 0), function(l) { y <- x[i == l, ]; length(unique(y$town)) - length(unique(y$county)) })
    # the sum's own scores (residuals where calibrated), county by county through svytotal: Satterthwaite over strata
    wz <- weights(z); m <- function(y, i) sum(wz * y) / sum(wz * i)
    u <- with(add, (y1 - m(y1, i1) * i1) / sum(wz * i1) - (y2 - m(y2, i2) * i2) / sum(wz * i2))
    if (identical(z$postStrata, NULL)) r <- u else { B <- solve(t(X) %*% (x$w * X), t(X) %*% (x$w * u)); r <- as.numeric(u - X %*% B) }
    vh <- sapply(unique(x$county), function(h) { q <- x; q$r <- r * (x$county == h); q$wz <- wz
      as.numeric(SE(svytotal(~r, svydesign(id = ~town + village + hh, strata = ~county, weights = ~wz, fpc = ~N1 + N2 + N3, data = q))))^2 })
    nh <- sapply(unique(x$county), function(h) length(unique(x$town[x$county == h])))
    st <- sum(vh)^2 / sum(vh^2 / (nh - 1)); stopifnot(abs(sum(vh) / as.numeric(SE(cc))^2 - 1) < 1e-6)
    sw <- min(sum(v)^2 / sum(v^2 / df), st, sum(nh - 1)); t <- as.numeric(coef(cc) / SE(cc))
    list(rest = as.numeric(coef(svycontrast(tt, quote(y2 / i2)))), difference = as.numeric(coef(cc)), se = as.numeric(SE(cc)), df = sw, p = 2 * pt(-abs(t), sw)) }
  list(kind = k, plain = f(d), calibrated = f(cal)) })
out$rest <- list(each = rest, holm = p.adjust(sapply(rest, function(r) r$plain$p), "holm"))

# Lorenz ordinates of persons: continuous in p; scores of Kovacevic & Binder (1997) through svytotal
x$W <- x$w * x$size
lor <- function(y, w, p) { o <- order(y); y <- y[o]; w <- w[o]; c <- cumsum(w); k <- pmin(pmax((p * sum(w) - (c - w)) / w, 0), 1); sum(w * y * k) / sum(w * y) }
quant <- function(y, w, p) { o <- order(y); y[o][which(cumsum(w[o]) >= p * sum(w) * (1 - 1e-12))[1]] }
ps <- c(.1, .25, .5, .75, .9)
rep <- as.svrepdesign(svydesign(id = ~town, strata = ~county, weights = ~w, data = x), type = "JKn", mse = TRUE)
lorenz <- lapply(ps, function(p) {
  L <- lor(x$income, x$W, p); q <- quant(x$income, x$W, p)
  z <- x$size * ((x$income - q) * (x$income <= q) + p * q - L * x$income) / sum(x$W * x$income)
  f <- function(dd) { dd$variables$z <- z; as.numeric(SE(svytotal(~z, dd))) }
  d1 <- svydesign(id = ~town, strata = ~county, weights = ~w, data = x)
  jk <- as.numeric(SE(withReplicates(rep, function(w, data) lor(data$income, w * data$size, p))))
  list(p = p, estimate = L, se = f(d), se_towns = f(d1), jackknife = jk) })
out$lorenz <- lorenz

# poverty of persons at several lines, and quantiles of persons (Woodruff, mean interval)
lines <- c(5000, 8000, 12000)
d$variables$size <- x$size
pov <- lapply(c(0, 1, 2), function(a) lapply(lines, function(l) { d$variables$h <- x$size * ifelse(x$income < l, ((l - x$income) / l)^a, 0); r <- svyratio(~h, ~size, d); list(estimate = as.numeric(coef(r)), se = as.numeric(SE(r))) }))
out$poverty <- list(lines = lines, powers = pov)
wood <- lapply(c(.25, .5, .75), function(p) { q <- quant(x$income, x$W, p); d$variables$b <- x$size * (x$income <= q); r <- svyratio(~b, ~size, d); t <- qt(.975, degf(d))
  e <- as.numeric(coef(r)) + c(-1, 1) * t * as.numeric(SE(r)); list(p = p, estimate = q, ci_lo = quant(x$income, x$W, e[1]), ci_hi = quant(x$income, x$W, e[2])) })
out$quantiles <- wood

# who the poor are made of: shares, rates, contributions as svyratio; the ratio of rates by svycontrast on a joint svyratio-free form
k8 <- x$income < 8000
dec <- lapply(c("exited", "general", "poor"), function(k) {
  i <- as.numeric(x$kind == k); v <- list(gm = i * x$size, gp = i * x$size * k8, ap = x$size * k8, am = x$size); for (n in names(v)) d$variables[[n]] <- v[[n]]
  r <- function(f, g) { q <- svyratio(f, g, d); list(estimate = as.numeric(coef(q)), se = as.numeric(SE(q))) }
  tot <- svytotal(~gm + gp + ap + am, d); rr <- svycontrast(tot, quote((gp / gm) / (ap / am)))
  list(kind = k, population = r(~gm, ~am), rate = r(~gp, ~gm), contribution = r(~gp, ~ap), ratio = list(estimate = as.numeric(coef(rr)), se = as.numeric(SE(rr)))) })
out$decomposition <- dec

# Gini of persons: laeken's formula by hand, error of the score given by Langel & Tille (2013) through svytotal, and the jackknife
gini <- function(y, w) { o <- order(y); y <- y[o]; w <- w[o]; c <- cumsum(w); (2 * sum(w * y * c) - sum(w^2 * y)) / (sum(w) * sum(w * y)) - 1 }
out$gini_persons <- list(estimate = gini(x$income, x$W), jackknife = as.numeric(SE(withReplicates(rep, function(w, data) gini(data$income, w * data$size)))))

# calibration trials by city to two margins (kind, sat): n_eff, range of g, the mean with its error
scaled <- function(y, v, f) { t <- tapply(y$w, y[[v]], sum); t <- t * f[names(t)]; t / sum(t) * 1.02 * sum(y$w) }
tot <- lapply(split(x, x$city), function(y) list(kind = as.list(scaled(y, "kind", c(exited = 1.1, general = .95, poor = 1.05))), sat = as.list(scaled(y, "sat", c(high = .95, low = 1.2, mid = 1.05)))))
out$totals <- tot
pp <- c(); for (ci in names(tot)) for (v in c("kind", "sat")) for (l in names(tot[[ci]][[v]])[if (v == "kind") 1:3 else 2:3]) {
  n <- paste0("x", length(pp) + 1); d$variables[[n]] <- as.numeric(x$city == ci & x[[v]] == l); pp[n] <- tot[[ci]][[v]][[l]] }
fm <- as.formula(paste("~", paste(names(pp), collapse = " + "), "- 1"))
tr <- function(f, ...) { z <- calibrate(d, fm, pp, calfun = f, epsilon = 1e-13, maxit = 500, ...); w <- weights(z); gg <- w / x$w
  list(n_eff = sum(w)^2 / sum(w^2), deff = length(w) * sum(w^2) / sum(w)^2, g_min = min(gg), g_max = max(gg), mean = as.numeric(coef(svymean(~income, z))), se = as.numeric(SE(svymean(~income, z)))) }
out$trials <- list(raking = tr("raking"), linear = tr("linear"), logit = tr("logit", bounds = c(.8, 1.35)),
  none = list(n_eff = sum(x$w)^2 / sum(x$w^2), mean = as.numeric(coef(m)), se = as.numeric(SE(m))))
write_json(out, a[2], digits = NA, auto_unbox = TRUE)
