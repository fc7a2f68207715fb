// Package commands tests `k6 x clientcreds`: serve, doctor, run, and init.
package commands
