package jsmodule

import "strconv"

// reportHeld counts a call that needed a token while requests were held back after err.
func (s *sender) reportHeld(err error) {
	e, tags := asOAuthError(err), s.tags
	tags.Tags = tags.Tags.With(tagStatus, strconv.Itoa(e.Status)).With(tagError, e.Label())
	if grant := s.grantTag(e.Grant); grant != "" {
		tags.Tags = tags.Tags.With(tagGrant, grant)
	}
	pushOne(s.samples, s.process.metrics.SuppressedRequests, 1, tags)
}
