package validity_test

import (
	"fmt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// A run whose API rejected tokens is INVALID, unless it says that it does so on purpose.
func ExampleJudge() {
	run := validity.Inputs{Iterations: 100, Requests: 100, Unauthorized: 3}
	fmt.Println(validity.Judge(run, nil))

	tolerances, err := validity.ParseTolerances("rejections=0.05")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(validity.Judge(run, tolerances))
	// Output:
	// INVALID: 3 answers were 401
	// PASS
}
