// Package clientpool has the lists that a pool draws its clients from, and decides which client a call gets.
//
// It knows what a list says of a client, not what a client is: the options of one are a JavaScript object that somebody
// else reads.
package clientpool
