# Raking carried out apart in each region, from R: Rscript make_cases.R FOLDER (survey 4.1-1, jsonlite). Writes sample.csv and cases.json (15 digits).
# Weights: survey::rake in each region by itself. Errors: survey::calibrate (calfun = "raking") of the whole sample to the margins of every region
# at once, whose residuals svyrecvar takes; and region by region, each with a design of its own, whose variances are added. Seed 1940.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", digits = 17, warn = 1)
folder <- commandArgs(TRUE)[1]
set.seed(1940)
rows <- list(); r <- 0; town <- 0; village <- 0
for (h in 1:7) {
  n1 <- sample(2:4, 1); N1 <- n1 + sample(3:9, 1); place <- c("A", "A", "A", "B", "B", "C", "C")[h]
  for (t in seq_len(n1)) {
    town <- town + 1; n2 <- sample(2:3, 1); N2 <- n2 + sample(0:6, 1); level <- rnorm(1, 0, 2)
    for (v in seq_len(n2)) {
      village <- village + 1; n3 <- sample(4:7, 1); N3 <- n3 + sample(20:90, 1); half <- sample(c("x", "y"), 1)
      for (k in seq_len(n3)) {
        r <- r + 1
        rows[[r]] <- data.frame(county = paste0("c", h), region = place, town = sprintf("t%02d", town), village = sprintf("v%02d", village), hh = r, N1, n1, N2, n2, N3, n3,
          half, kind = sample(if (place == "C") c("e", "g") else c("e", "g", "p"), 1), head = sample(c("f", "m"), 1, prob = c(.3, .7)), road = sample(c("near", "far"), 1, prob = c(.6, .4)),
          income = round(30 + level + 4 * (place == "B") + rnorm(1, 0, 8), 2), size = sample(1:6, 1), safe = rbinom(1, 1, .8))
      }
    }
  }
}
x <- do.call(rbind, rows)
x$w <- with(x, round(N1 / n1 * N2 / n2 * N3 / n3, 6))
x$income[runif(nrow(x)) < .06] <- NA
write.csv(x, file.path(folder, "sample.csv"), row.names = FALSE, na = "")
x <- read.csv(file.path(folder, "sample.csv"), na.strings = "")
design <- function(x) svydesign(id = ~town + village + hh, strata = ~county, weights = ~w, fpc = ~N1 + N2 + N3, data = x)
full <- design(x); tight <- list(epsilon = 1e-10, maxit = 2000)
es <- function(m) list(estimate = as.numeric(coef(m)), se = as.numeric(SE(m)))
domains <- list(all = rep(TRUE, nrow(x)), far = x$road == "far", men = x$head == "m" & x$size > 2, inside = x$region == "A" & x$road == "near", part = x$region == "B" & x$kind == "e",
  county = x$county == "c4", town = x$town %in% unique(x$town[x$region == "A"])[2:4])
stats <- function(z) lapply(domains, function(g) { s <- subset(z, g); p <- svyciprop(~safe, s, method = "xlogit", df = 9)
  list(mean = es(svymean(~income, s, na.rm = TRUE)), total = es(svytotal(~income, s, na.rm = TRUE)), size = es(svytotal(~size, s)), ratio = es(svyratio(~income, ~size, s, na.rm = TRUE)),
    safe = c(as.numeric(p), as.numeric(confint(p)))) })

# margins of each part of a partition: those of the sample, moved and brought to one sum
case <- function(name) {
  parts <- sort(unique(x[[name]])); margins <- lapply(setNames(parts, parts), function(l) { y <- x[x[[name]] == l, ]; whole <- sum(y$w) * runif(1, .95, 1.15)
    lapply(list(kind = "kind", head = "head"), function(v) { m <- tapply(y$w, y[[v]], sum); m <- m * runif(length(m), .85, 1.2); as.list(round(m / sum(m) * whole, 4)) }) })
  margins <- lapply(margins, function(m) { off <- sum(unlist(m$kind)) - sum(unlist(m$head)); m$head$f <- m$head$f + off; m })
  w <- numeric(nrow(x))
  for (l in parts) { m <- margins[[l]]; d <- subset(full, x[[name]] == l)
    rd <- rake(d, list(~kind, ~head), list(data.frame(kind = names(m$kind), Freq = unlist(m$kind)), data.frame(head = names(m$head), Freq = unlist(m$head))), control = tight); w[x[[name]] == l] <- weights(rd) }
  # the same as one calibration: an indicator of each part, and within it all levels but the first
  columns <- list(); totals <- c()
  for (l in parts) { inside <- x[[name]] == l; m <- margins[[l]]
    columns[[paste0(l, "_")]] <- as.numeric(inside); totals <- c(totals, sum(unlist(m$kind)))
    for (v in c("kind", "head")) for (k in names(m[[v]])[-1]) { columns[[paste0(l, "_", v, "_", k)]] <- as.numeric(inside & x[[v]] == k); totals <- c(totals, m[[v]][[k]]) } }
  X <- as.data.frame(columns); d <- full; d$variables <- cbind(d$variables, X)
  z <- calibrate(d, as.formula(paste("~", paste(names(X), collapse = "+"), "- 1")), setNames(totals, names(X)), calfun = "raking", epsilon = 1e-13, maxit = 500)
  stopifnot(max(abs(weights(z) / w - 1)) < 1e-8)
  s <- stats(z)
  if (name == "region") {  # regions are made of whole strata: the variance is the sum of theirs
    own <- lapply(parts, function(l) { m <- margins[[l]]; y <- x[x$region == l, ]; y$g <- domains$men[x$region == l]; y$u <- y$size * y$g; y$kind <- factor(y$kind); y$head <- factor(y$head)
      t <- c(`(Intercept)` = sum(unlist(m$kind)), setNames(unlist(m$kind)[-1], paste0("kind", names(m$kind)[-1])), headm = m$head$m)
      q <- calibrate(design(y), ~kind + head, t, calfun = "raking", epsilon = 1e-13, maxit = 500); c(coef(svytotal(~u, q)), SE(svytotal(~u, q))^2) })
    a <- colSums(do.call(rbind, own)); stopifnot(abs(a[1] / s$men$size$estimate - 1) < 1e-10, abs(sqrt(a[2]) / s$men$size$se - 1) < 1e-9)
  }
  # two domains together: four totals, and the delta method (svyby with covmat fails on calibrated designs)
  far <- as.numeric(x$road == "far"); z$variables <- cbind(z$variables, data.frame(y1 = far * x$size, i1 = far, y2 = (1 - far) * x$size, i2 = 1 - far))
  t <- svytotal(~y1 + i1 + y2 + i2, z); b <- as.numeric(coef(t)); J <- rbind(c(1 / b[2], -b[1] / b[2]^2, 0, 0), c(0, 0, 1 / b[4], -b[3] / b[4]^2)); V <- J %*% vcov(t) %*% t(J)
  list(margins = margins, weights = as.numeric(weights(z)), stats = s, road = list(level = c("far", "near"), estimate = c(b[1] / b[2], b[3] / b[4]), se = sqrt(diag(V)), vcov = V,
    difference = list(estimate = b[1] / b[2] - b[3] / b[4], se = sqrt(V[1, 1] + V[2, 2] - 2 * V[1, 2]))))
}
out <- list(made_with = list(R = R.version.string, survey = as.character(packageVersion("survey"))), region = case("region"), half = case("half"))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor"), file.path(folder, "cases.json"))
