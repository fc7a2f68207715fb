// Package credentials tests how clients authenticate: with secrets, keys, and certificates, alone and in
// pools, while credentials change, and that none of them is ever written.
package credentials
