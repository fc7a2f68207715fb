// Package report shows run records as one HTML page: what happened over time, how latency was
// distributed, what failed, whether the run counts; and of two sides what changed.
//
// The page needs nothing but itself: script and style are in it, and its Content-Security-Policy
// lets it load nothing else. Contents of records are text and numbers, never markup.
//
// Charts are drawn by uPlot, which is in the binary. It is made for time series, draws the points of
// a run of hours at once, and has logarithmic scales for percentiles. Its 50 kB are less than the data
// of a long run; Apache ECharts has charts that no report needs, and is twenty times as large in a file
// that CI keeps for every run. What uPlot draws is also in a table below each chart: without scripts,
// and for readers who do not see the drawing, the page says the same.
package report
