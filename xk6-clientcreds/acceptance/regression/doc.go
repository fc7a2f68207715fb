// Package regression tests the comparison of two versions, and the report of it in a browser.
package regression
