// Package procinfo describes this process and its machine: the versions of the modules in the binary, the CPU's model,
// and the CPU time that the process has used.
package procinfo
