// Package acceptance contains the tests of the built k6 binary, in one package for each topic. They
// run k6 as its users do, and compare what k6 reports with what a server saw. They need K6_BIN, the
// path of the binary; `make test-acceptance` builds it and sets it.
//
// Package k6test runs k6. Package servers starts what k6 loads.
package acceptance
