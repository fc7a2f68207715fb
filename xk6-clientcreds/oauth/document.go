package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// maxRedirects bounds how often a document may be elsewhere.
const maxRedirects = 5

// document is the answer of a URL at which a document may be.
type document struct {
	status     int
	retryAfter time.Duration
	body       []byte
}

// fetchDocument gets the JSON document at address. Without an answer the error is an *Error. Redirects
// are followed within the origin: another origin cannot speak for this server.
func fetchDocument(ctx context.Context, do Doer, address string) (document, error) {
	for hop := 0; ; hop++ {
		doc, target, err := fetchOnce(ctx, do, address)
		switch {
		case target == nil:
			return doc, err
		case hop == maxRedirects:
			return doc, fmt.Errorf("HTTP %d, the redirect number %d: they may go in circles", doc.status, hop+1)
		}
		address = target.String()
	}
}

// fetchOnce is fetchDocument without redirects: target is where one leads within the origin, else nil.
func fetchOnce(ctx context.Context, do Doer, address string) (doc document, target *url.URL, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return document{}, nil, TransportError(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := do(req)
	if err != nil {
		return document{}, nil, sendError(ctx, err)
	}
	defer resp.Body.Close() // read to its end, or given up
	doc = document{status: resp.StatusCode, retryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	doc.body, err = readBody(resp)
	switch location := resp.Header.Get("Location"); {
	case errors.As(err, new(unreadableError)):
		return doc, nil, err
	case err != nil:
		return doc, nil, sendError(ctx, err)
	case redirects(resp) && location != "":
		target, err = sameOrigin(req.URL, location)
		if err != nil {
			return doc, nil, fmt.Errorf("HTTP %d: %w", resp.StatusCode, err)
		}
		return doc, target, nil
	case refusesPlainHTTP(resp, doc.body):
		return doc, nil, fmt.Errorf("HTTP %d: %s", resp.StatusCode, needsHTTPS)
	case resp.StatusCode != http.StatusOK:
		return doc, nil, errors.New(withWords(fmt.Sprintf("HTTP %d", resp.StatusCode), sentence(doc.body)))
	}
	return doc, nil, nil
}

// sameOrigin returns the target of a redirect, which must be at the same origin.
func sameOrigin(from *url.URL, location string) (*url.URL, error) {
	target, err := from.Parse(location)
	if err != nil {
		return nil, errors.New("it redirects to what is not a URL")
	}
	if originOf(target) != originOf(from) || target.User != nil {
		return nil, fmt.Errorf("it redirects to %s, which is not followed: a document is taken from the origin that was "+
			"asked only", shown(target.String()))
	}
	return target, nil
}
