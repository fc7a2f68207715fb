module github.com/xk6-clientcreds/harness/tools/mutation

go 1.26.0
