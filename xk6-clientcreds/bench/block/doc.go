// Package block measures variants of one piece of work against each other, in shuffled blocks
// inside one process, on the CPU clock of that process.
//
// Two runs of the same program, one after the other, differ by tens of percent on a shared
// machine: clock rates, caches and neighbors change. Variants that alternate every few hundred
// milliseconds meet the same machine, so their ratio is steady. A round holds one block of each
// variant in random order, and variants are compared within their round.
//
// The garbage collector is kept out of the blocks: whether a cycle falls into one is chance, and
// one cycle can cost as much as the block. It runs between blocks, where its cost is measured
// too, and every variant is charged for the bytes that it allocated (see [Run.Cost]).
package block
