// Package runrecord holds the record of a run: what the run measured, in a form that can be kept, merged and compared.
//
// A Record is one JSON document (docs/reference/record.schema.json). Each metric is in it as a whole and split
// by the tags that explain it, and the main ones as time series. Trends are DDSketches (Masson, Rim,
// Lee, VLDB 2019) by their authors' library: of any range of values, unlike HdrHistogram, which needs
// to know the highest before; with a relative error that is the same everywhere, unlike the buckets of
// Prometheus; and plain numbers in JSON. A sketch is a count for each bin, so that merging is addition.
//
// Records of several k6 processes merge exactly: the result is the record that one process would have
// written that had seen all samples. Everything in a record is therefore a count, a minimum, a maximum
// or a sum of numbers that floating point adds without rounding.
//
// The package knows neither k6 nor JavaScript.
package runrecord
