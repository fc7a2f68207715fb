// Package pki makes, keeps, and checks the certificates of the local server and its clients (RFC 5280): a folder with a
// CA, the certificates that it issues, and the distinguished names of their subjects (RFC 4514).
package pki
