// Package outfile writes the files that users name: records, reports, counters, metrics, keys.
//
// A regular file is replaced: the content is written to a temporary file in the same folder, flushed to the disk, and
// renamed. A reader sees the old content or the new one, and a failure leaves neither half a file nor a temporary one.
// A link is followed, so that it stays a link. Whatever else may have a name, such as a named pipe or a terminal, is
// written to.
package outfile
