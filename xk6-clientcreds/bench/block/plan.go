package block

import "math/rand/v2"

// Plan returns the order of the blocks: in each round every variant, by index, once, shuffled.
func Plan(variants, rounds int, shuffle *rand.Rand) []int {
	plan := make([]int, 0, variants*rounds)
	for range rounds {
		plan = append(plan, shuffle.Perm(variants)...)
	}
	return plan
}
