// Package harness registers the extension with k6: the JavaScript module k6/x/clientcreds. It
// holds nothing else; the code is in xk6-clientcreds/.
package harness

import (
	"go.k6.io/k6/v2/js/modules"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsmodule"
)

func init() {
	modules.Register(jsmodule.ImportPath, jsmodule.New())
}
