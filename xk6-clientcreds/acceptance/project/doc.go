// Package project tests what a newcomer meets: the README, the tutorial, the examples, the types in an
// editor, and the CI workflows.
package project
