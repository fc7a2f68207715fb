package oauth

import (
	"context"
	"net/url"
)

// MetadataPlaces returns the two URLs at which Discover looks for the metadata of issuer, in its
// order: that of RFC 8414 §3.1, and that of OpenID Connect Discovery 1.0 §4.
func MetadataPlaces(issuer string) ([]string, error) {
	if err := CheckIssuer(issuer); err != nil {
		return nil, err
	}
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	return wellKnown(u), nil
}

// DiscoverAt is Discover for one of the places alone.
func DiscoverAt(ctx context.Context, do Doer, place, issuer string) (*Metadata, error) {
	doc, err := fetchDocument(ctx, do, place)
	if err != nil {
		return nil, err
	}
	return parseMetadata(doc.body, issuer)
}
