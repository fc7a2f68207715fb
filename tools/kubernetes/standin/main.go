// What the images of the proof have beside k6 and busybox: by the name it is called by, the container that holds a pod's namespaces,
// or as much of curl as the k6-operator's starter uses.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if filepath.Base(os.Args[0]) == "pause" {
		pause()
		return
	}
	os.Exit(curl(os.Args[1:]))
}

// pause waits, and collects orphans.
func pause() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for s := range signals {
		if s != syscall.SIGCHLD {
			return
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}

// curl knows -s, -X, -H, -d and --retry.
func curl(args []string) int {
	method, data, url, retries := http.MethodGet, "", "", 0
	header := http.Header{}
	for len(args) > 0 {
		option := args[0]
		args = args[1:]
		if !strings.HasPrefix(option, "-") {
			url = option
			continue
		}
		if option == "-s" || len(args) == 0 {
			continue
		}
		value := args[0]
		args = args[1:]
		switch option {
		case "-X":
			method = value
		case "-d":
			data = value
		case "-H":
			name, content, _ := strings.Cut(value, ":")
			header.Set(name, strings.TrimSpace(content))
		case "--retry":
			retries, _ = strconv.Atoi(value)
		}
	}
	for {
		status, err := send(method, url, data, header)
		if err == nil && status < http.StatusInternalServerError {
			return 0
		}
		if retries--; retries < 0 {
			fmt.Fprintln(os.Stderr, "curl:", status, err)
			return 7
		}
		time.Sleep(time.Second)
	}
}

func send(method, url, data string, header http.Header) (int, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(data)) // #nosec G704 -- the caller names the URL
	if err != nil {
		return 0, err
	}
	request.Header = header
	response, err := http.DefaultClient.Do(request) // #nosec G704 -- the caller names the URL
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}
