# Poverty and inequality from R: Rscript make_cases.R FOLDER (survey 4.1-1, laeken 0.5.2, jsonlite). Writes sample.csv and cases.json (15 digits).
# Estimates are laeken's. Errors: the linearised variables are written out here from the published formulas and go through survey's svytotal
# (svyrecvar); beside them the jackknife and the bootstrap of survey, which know nothing of linearisation, with laeken's functions. Seed 2014.
suppressPackageStartupMessages({library(survey); library(laeken); library(jsonlite)})
options(survey.lonely.psu = "fail", digits = 17, warn = 1)
folder <- commandArgs(TRUE)[1]
set.seed(2014)
rows <- list(); r <- 0; town <- 0; village <- 0
for (h in 1:8) {
  n1 <- sample(3:5, 1); N1 <- n1 + sample(4:12, 1); rich <- rnorm(1, 0, .2)
  for (t in seq_len(n1)) {
    town <- town + 1; n2 <- sample(2:3, 1); N2 <- n2 + sample(2:9, 1); level <- rnorm(1, 0, .15)
    for (v in seq_len(n2)) {
      village <- village + 1; n3 <- sample(4:7, 1); N3 <- n3 + sample(30:150, 1)
      for (k in seq_len(n3)) {
        r <- r + 1
        rows[[r]] <- data.frame(county = paste0("c", h), town = sprintf("t%02d", town), village = sprintf("v%03d", village), hh = r,
          N1, n1, N2, n2, N3, n3, area = c("east", "east", "east", "north", "north", "west", "west", "west")[h],
          kind = sample(c("a", "b", "c"), 1, prob = c(.5, .3, .2)), income = exp(9.4 + rich + level + rnorm(1, 0, .55)))
      }
    }
  }
}
x <- do.call(rbind, rows)
x$w <- with(x, round(N1 / n1 * N2 / n2 * N3 / n3, 6))
coarse <- runif(nrow(x)) < .5                                        # ties: half of the incomes are round hundreds
x$income <- round(ifelse(coarse, round(x$income, -2), x$income), 2)
x$income[runif(nrow(x)) < .04] <- NA
write.csv(x, file.path(folder, "sample.csv"), row.names = FALSE, na = "")
x <- read.csv(file.path(folder, "sample.csv"), na.strings = "")

# ---- the formulas, for one vector of incomes and weights
N <- sum
width <- function(y, w) 0.79 * diff(weightedQuantile(y, w, c(.25, .75))) * sum(w)^(-1 / 5)
f <- function(at, y, w) { h <- width(y, w); sum(w * dnorm((at - y) / h)) / (sum(w) * h) }  # F', Gaussian kernel (Osier 2009)
I_quantile <- function(y, w, p) { q <- weightedQuantile(y, w, p); list(value = q, z = -(1 / f(q, y, w)) * ((y <= q) - p) / sum(w)) }  # Deville 1999, sec. 5
I_line <- function(y, w, share = .6) { m <- I_quantile(y, w, .5); list(value = share * m$value, z = share * m$z) }
# the rate below the line in the domain g of the records: own part within g, and the line's part over all records
I_rate <- function(y, w, g, line) { Ng <- sum(w[g]); R <- sum(w[g & y < line$value]) / Ng
  list(value = R, z = g * ((y < line$value) - R) / Ng + f(line$value, y[g], w[g]) * line$z) }
# relative median gap 1 - M/t, with M from F(M) = R/2: F'(M) I(M) = I(R)/2 - I(F)(M) (Osier 2009, sec. 3)
I_gap <- function(y, w, g, line) { t <- line$value; R <- I_rate(y, w, g, line); Ng <- sum(w[g]); poor <- g & y < t
  M <- weightedMedian(y[poor], w[poor]); IM <- (R$z / 2 - g * ((y <= M) - R$value / 2) / Ng) / f(M, y[g], w[g])
  list(value = 1 - M / t, z = M / t^2 * line$z - IM / t) }
# S80/S20 as a ratio of two totals, each with its quantile: I(sum y 1(y <= q)) = y 1(y <= q) + q N f(q) I(q), in which the density goes out (Langel & Tille 2011)
I_qsr <- function(y, w) { part <- function(p) { q <- I_quantile(y, w, p); list(s = sum(w * y * (y <= q$value)), z = y * (y <= q$value) + q$value * sum(w) * f(q$value, y, w) * q$z) }
  a <- part(.2); b <- part(.8); top <- sum(w * y) - b$s; list(value = top / a$s, z = (y - b$z) / a$s - top / a$s^2 * a$z) }
# Gini: sum of |y_i - y_j| over all pairs, and its derivative by one weight (Deville 1999); Langel & Tille 2013 must say the same
I_gini <- function(y, w) { D <- abs(outer(y, y, "-")); s <- as.numeric(D %*% w); Y <- sum(w * y); Nw <- sum(w); G <- sum(w * s) / (2 * Nw * Y); z <- s / (Nw * Y) - G / Nw - G * y / Y
  Nk <- sapply(y, function(v) sum(w[y <= v])); Yk <- sapply(y, function(v) sum(w[y <= v] * y[y <= v])) / Nk
  langel <- (2 * Nk * (y - Yk) + Y - Nw * y - G * (Y + y * Nw)) / (Nw * Y); stopifnot(max(abs(z - langel)) < 1e-12 * max(abs(z)))
  list(value = G, z = z) }
# Foster, Greer & Thorbecke of power a below an estimated line: I = g (h(y; t) - V)/N_g + V'(t) I(t), V'(t) = a mean of ((t - y)/t)^(a-1) y/t^2 over the poor
I_fgt <- function(y, w, g, line, a) { if (a == 0) return(I_rate(y, w, g, line)); t <- line$value; Ng <- sum(w[g]); p <- pmax(0, (t - y) / t)
  V <- sum((w * p^a)[g]) / Ng; slope <- sum((w * (y < t) * a * p^(a - 1) * y / t^2)[g]) / Ng; list(value = V, z = g * (p^a - V) / Ng + slope * line$z) }

# ---- one domain g of the records k with an income: the linearised variable of every record of the sample, 0 for those without part
linear <- function(w, k, g) { y <- x$income[k]; v <- w[k]; gk <- g[k]; line <- I_line(y, v); own <- function(m) { z <- numeric(length(y)); z[gk] <- m$z; list(value = m$value, z = z) }
  m <- list(arpr = I_rate(y, v, gk, line), rmpg = I_gap(y, v, gk, line), qsr = own(I_qsr(y[gk], v[gk])), gini = own(I_gini(y[gk], v[gk])),
    headcount = I_fgt(y, v, gk, line, 0), gap = I_fgt(y, v, gk, line, 1), severity = I_fgt(y, v, gk, line, 2))
  lapply(m, function(q) { z <- numeric(nrow(x)); z[k] <- q$z; list(value = q$value, z = z) }) }
error <- function(d, z) { d$variables$z_ <- z; as.numeric(SE(svytotal(~z_, d))) }
# the median of the poor; where half their weight is hit exactly, the mean of the two values, as laeken's authors define it (Alfons & Templ 2013): laeken 0.5.2 takes the upper one
middle <- function(y, w) { o <- order(y); r <- cumsum(w[o]) / sum(w); hit <- which(abs(r - .5) < 1e-12); if (length(hit)) mean(y[o][hit + 0:1]) else weightedMedian(y, w) }
laeken_ <- function(w, k, g) { y <- x$income[k]; v <- w[k]; t <- arpt(y, v); gk <- g[k]
  c(arpr = sum(v[gk & y < t]) / sum(v[gk]), rmpg = (t - if (any(gk & y < t)) middle(y[gk & y < t], v[gk & y < t]) else NA) / t, qsr = qsr(y[gk], v[gk])$value, gini = gini(y[gk], v[gk])$value / 100,
    sapply(c(headcount = 0, gap = 1, severity = 2), function(a) sum((v * ifelse(y < t, ((t - y) / t)^a, 0))[gk]) / sum(v[gk]))) }
known <- !is.na(x$income)
domains <- list(all = list(all = rep(TRUE, nrow(x))), kind = lapply(c(a = "a", b = "b", c = "c"), function(l) x$kind == l),
  area = lapply(c(east = "east", north = "north", west = "west"), function(l) x$area == l))
# a domain by where=: the line, too, is that of the domain
cut <- x$area != "north" & x$kind != "c"
one <- function(d, k, g) { w <- as.numeric(weights(d)); m <- linear(w, k, g); e <- sapply(m, function(q) q$value); stopifnot(max(abs(e / laeken_(w, k, g) - 1)) < 1e-12)
  list(measure = names(m), estimate = as.numeric(laeken_(w, k, g)), se = as.numeric(sapply(m, function(q) error(d, q$z)))) }
case <- function(d) c(lapply(domains, function(s) lapply(s, function(g) one(d, known, g))), list(where = list(all = one(d, known & cut, cut))))
three <- svydesign(id = ~town + village + hh, strata = ~county, weights = ~w, fpc = ~N1 + N2 + N3, data = x)
# two stages: the villages as units, drawn from their county, and the households; sizes from the counts of the three stages
x$NV <- ave(x$N1 / x$n1 * x$N2 / x$n2 / ave(rep(1, nrow(x)), x$village, FUN = sum), x$county, FUN = sum); x$NV <- ceiling(x$NV)
two <- svydesign(id = ~village + hh, strata = ~county, weights = ~w, fpc = ~NV + N3, data = x)
first <- svydesign(id = ~town, strata = ~county, weights = ~w, data = x)
m <- tapply(x$w, x$kind, sum) * c(1.07, .93, 1.02)
raked <- calibrate(three, ~kind, c(`(Intercept)` = sum(m), kindb = m[["b"]], kindc = m[["c"]]), calfun = "raking", epsilon = 1e-13, maxit = 500)
# laeken's own breakdown gives the same
b <- arpr("income", weights = "w", breakdown = "kind", data = x[known, ])$valueByStratum; s <- case(three)
stopifnot(max(abs(b$value / 100 / sapply(s$kind, function(q) q$estimate[1]) - 1)) < 1e-12)

# ---- replicates: nothing of the above but laeken's functions
names_ <- s$all$all$measure
rep_ <- function(r) lapply(c(domains, list(where = list(all = cut))), function(sets) lapply(sets, function(g) { k <- if (identical(g, cut)) known & cut else known
  v <- withReplicates(r, function(w, data) as.numeric(laeken_(w, k & w > 0, g)), return.replicates = TRUE); e <- as.numeric(coef(v))
  # one measure at a time: a replicate without poor people lacks the gap alone
  list(measure = names_, estimate = e, se = sapply(seq_along(e), function(j) suppressWarnings(sqrt(as.numeric(svrVar(v$replicates[, j], r$scale, r$rscales, mse = TRUE, coef = e[j])))))) }))
jkn <- as.svrepdesign(first, type = "JKn", mse = TRUE); set.seed(3); boot <- as.svrepdesign(first, type = "subbootstrap", replicates = 250, mse = TRUE)
keep <- !duplicated(x$town); factors <- weights(boot, "analysis")[keep, 1:40] / x$w[keep]
few <- svrepdesign(data = x, weights = ~w, repweights = weights(boot, "analysis")[, 1:40], type = "bootstrap", combined.weights = TRUE, mse = TRUE)
# ---- the default intervals: a share below a fixed line by Korn & Graubard with the effective size at most n, a difference with the smallest of three degrees of freedom
kg <- function(p, se, n, df, cap) { e <- p * (1 - p) / se^2 * (qt(.975, n - 1) / qt(.975, df))^2; if (cap) e <- min(e, n); c(qbeta(.025, e * p, e * (1 - p) + 1), qbeta(.975, e * p + 1, e * (1 - p))) }
heads <- function(d, g) { d <- update(d, poor = as.numeric(income < 11000)); s <- subset(d, g & known); n <- nrow(s); k <- degf(s); m <- svymean(~poor, s); p <- as.numeric(coef(m)); se <- as.numeric(SE(m))
  i <- as.numeric(confint(svyciprop(~poor, s, method = "beta", df = k))); stopifnot(max(abs(kg(p, se, n, k, FALSE) / i - 1)) < 1e-9)
  list(n = n, df = k, estimate = p, se = se, capped = kg(p, se, n, k, TRUE), open = i) }
# an estimated line: the rate and its error by the formulas above, and the same interval
rate <- function(d, g) { e <- one(d, known, g); k <- degf(subset(d, known & g)); list(df = k, ci = kg(e$estimate[1], e$se[1], sum(known & g), k, TRUE)) }
# z of each county through svytotal: Satterthwaite over counties, over the two means (Welch), and units minus strata
gap <- function(d, a, b) { d <- update(d, inc = ifelse(known, income, 0)); w <- weights(d); z <- function(g) { g <- g & known; m <- sum(w[g] * x$income[g]) / sum(w[g]); list(m = m, z = ifelse(g, (ifelse(known, x$income, 0) - m) / sum(w[g]), 0), df = degf(subset(d, g))) }
  A <- z(a); B <- z(b); u <- A$z - B$z; se <- error(d, u); vh <- sapply(unique(x$county), function(h) error(d, u * (x$county == h))^2); nh <- sapply(unique(x$county), function(h) length(unique(x$town[x$county == h])))
  stopifnot(abs(sum(vh) / se^2 - 1) < 1e-10); v <- c(error(d, A$z), error(d, B$z))^2
  three_ <- c(strata = sum(vh)^2 / sum(vh^2 / (nh - 1)), welch = sum(v)^2 / sum(v^2 / c(A$df, B$df)), units = degf(subset(d, (a | b) & known))); k <- min(three_); e <- A$m - B$m
  list(estimate = e, se = se, rules = as.list(three_), df = k, ci = e + c(-1, 1) * qt(.975, k) * se, p = 2 * pt(-abs(e / se), k)) }
default <- lapply(list(three = three, first = first), function(d) list(headcount = lapply(c(domains$all, domains$kind, domains$area), function(g) heads(d, g)), arpr = lapply(c(domains$all, domains$kind, domains$area), function(g) rate(d, g)),
  contrast = list(kind = gap(d, domains$kind$a, domains$kind$b), area = gap(d, domains$area$north, domains$area$west), mixed = gap(d, domains$area$north, x$area == "west" & x$kind == "a"), few = gap(d, x$town %in% unique(x$town)[1:2], domains$area$west))))
# ---- equal means: Wald's statistic of regTermTest over p, and the t of two domains by svyttest, with the degrees of freedom that they take
wald <- function(d, f, g = known) { s <- subset(d, g & known); m <- svyglm(as.formula(paste("income ~", f)), s); r <- regTermTest(m, as.formula(paste("~", f))); list(f = as.numeric(r$Ftest), df_1 = as.numeric(r$df), df_2 = as.numeric(r$ddf), p = as.numeric(r$p)) }
ttest <- function(d, f, g) { r <- svyttest(as.formula(paste("income ~", f)), subset(d, g & known)); list(t = as.numeric(r$statistic), df = as.numeric(r$parameter), p = as.numeric(r$p.value)) }
equal <- lapply(list(three = three, first = first), function(d) list(kind = wald(d, "kind"), area = wald(d, "area"), county = wald(d, "county"), two = wald(d, "kind", x$kind != "c"), t = ttest(d, "kind", x$kind != "c")))
# ---- a jackknife where one stratum of three was taken whole
y <- data.frame(h = rep(1:3, c(3, 4, 2)), u = 1:9, N = rep(c(3, 9, 5), c(3, 4, 2)), v = c(3, 8, 1, 5, 9, 2, 7, 4, 6)); y$w <- y$N / rep(c(3, 4, 2), c(3, 4, 2))
s1 <- svydesign(id = ~u, strata = ~h, weights = ~w, fpc = ~N, data = y); j1 <- as.svrepdesign(s1, type = "JKn", mse = TRUE)
se1 <- function(m) as.numeric(SE(m))
census <- list(frame = as.list(y), replicates = ncol(weights(j1, "analysis")), degf = c(degf(s1), degf(j1)), total = c(linear = se1(svytotal(~v, s1)), weights = se1(withReplicates(j1, quote(sum(.weights * v)))), svytotal = se1(svytotal(~v, j1))),
  mean = c(linear = se1(svymean(~v, s1)), weights = se1(withReplicates(j1, quote(sum(.weights * v) / sum(.weights)))), svymean = se1(svymean(~v, j1))))
out <- list(made_with = list(R = R.version.string, survey = as.character(packageVersion("survey")), laeken = as.character(packageVersion("laeken"))),
  NV = as.list(tapply(x$NV, x$county, max)), kind = as.list(m), three = s, two = case(two), first = case(first), raked = case(raked), jackknife = rep_(jkn),
  bootstrap = rep_(boot), default = default, equal = equal, census = lapply(census, as.list), few = rep_(few), factors = list(town = x$town[keep], scale = few$scale, table = unname(factors)))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor"), file.path(folder, "cases.json"))
