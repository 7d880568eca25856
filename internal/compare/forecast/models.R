# Fits and forecasts as it is asked to. The argument is a CSV of the series:
# season, horizon, values. A request is a line on standard input: a method and
# the rows, such as "ets 1 5". The answer is the processor time of the fits and
# forecasts in seconds, then a line for each series: model;AICc;means.
suppressPackageStartupMessages(library(forecast))
table <- read.csv(commandArgs(TRUE)[1], colClasses = c("integer", "integer", "character"))
series <- Map(
  function(season, values) ts(as.numeric(strsplit(values, ";")[[1]]), frequency = season),
  table$season, table$values
)
methods <- list(
  ets = function(y, h) forecast(ets(y), h = h, level = c(80, 95)),
  thetaf = function(y, h) thetaf(y, h = h, level = c(80, 95)),
  croston = function(y, h) croston(y, h = h, alpha = 0.1),
  auto.arima = function(y, h) forecast(auto.arima(y), h = h, level = c(80, 95))
)
requests <- file("stdin", open = "r")
cat(R.version$major, ".", R.version$minor, " ", as.character(packageVersion("forecast")), "\n", sep = "")
while (length(line <- readLines(requests, n = 1)) > 0) {
  request <- strsplit(line, " ")[[1]]
  method <- methods[[request[1]]]
  rows <- seq(as.integer(request[2]), as.integer(request[3]))
  answers <- vector("list", length(rows))
  start <- proc.time()
  for (i in seq_along(rows)) answers[[i]] <- method(series[[rows[i]]], table$horizon[rows[i]])
  spent <- proc.time() - start
  cat(spent[["user.self"]] + spent[["sys.self"]], "\n", sep = "")
  for (a in answers) {
    aicc <- if (is.null(a$model$aicc)) NA else a$model$aicc
    cat(a$method, ";", format(aicc, digits = 17), ";", paste(format(as.numeric(a$mean), digits = 17, trim = TRUE), collapse = ";"), "\n", sep = "")
  }
  flush(stdout())
}
