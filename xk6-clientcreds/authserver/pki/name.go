package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// attributeNames are the short names of attribute types, RFC 4514 §3 and what
// other tools write.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.5": "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET",
	"2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.17": "POSTALCODE",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "EMAILADDRESS",
}

// nameOf is the subject of a certificate in canonical form.
func nameOf(c *x509.Certificate) string { return canonical(attributesOf(c)) }

// attributesOf are the attributes of a certificate's subject, in the order of
// RFC 4514, which is the reverse of the certificate's. pkix.Name would not keep
// that order.
func attributesOf(c *x509.Certificate) [][]string {
	var sequence pkix.RDNSequence
	if _, err := asn1.Unmarshal(c.RawSubject, &sequence); err != nil {
		return nil
	}
	parts := make([][]string, 0, len(sequence))
	for _, set := range slices.Backward(sequence) {
		var attributes []string
		for _, a := range set {
			kind := a.Type.String()
			if name := attributeNames[kind]; name != "" {
				kind = name
			}
			attributes = append(attributes, kind+"="+fmt.Sprint(a.Value))
		}
		parts = append(parts, attributes)
	}
	return parts
}

// HasSubject reports whether the subject of a certificate is a distinguished name, as RFC 4514 writes it. Libraries
// that compare these names, such as go-ldap, are larger than the local server.
func HasSubject(c *x509.Certificate, name string) bool { return canonicalName(name) == nameOf(c) }

// Subject returns the subject of a certificate as RFC 4514 writes it.
func Subject(c *x509.Certificate) string {
	parts := attributesOf(c)
	written := make([]string, len(parts))
	for i, attributes := range parts {
		for j, a := range attributes {
			kind, value, _ := strings.Cut(a, "=")
			attributes[j] = kind + "=" + escapeName(value)
		}
		written[i] = strings.Join(attributes, "+")
	}
	return strings.Join(written, ",")
}

// escapeName escapes what has a meaning in a name, RFC 4514 §2.4.
func escapeName(value string) string {
	var b strings.Builder
	for i, r := range value {
		atEnd := i == 0 || i == len(value)-1
		if strings.ContainsRune(`,+"\<>;=`, r) || (r == ' ' && atEnd) || (r == '#' && i == 0) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// canonicalName is a distinguished name as RFC 4514 writes it in the form of
// nameOf: without what people write differently, which are blanks around
// separators, names, numbers and case of types, and escapes.
func canonicalName(text string) string {
	var parts [][]string
	for _, rdn := range splitUnescaped(text, ',') {
		var attributes []string
		for _, a := range splitUnescaped(rdn, '+') {
			kind, value, _ := strings.Cut(a, "=")
			kind = strings.ToUpper(strings.TrimSpace(kind))
			if name := attributeNames[kind]; name != "" {
				kind = name
			}
			attributes = append(attributes, kind+"="+valueOf(value))
		}
		parts = append(parts, attributes)
	}
	return canonical(parts)
}

// valueOf is the value of an attribute, which RFC 4514 §2.4 writes as text with
// escapes or as its encoding in hexadecimal.
func valueOf(text string) string {
	if encoded, ok := strings.CutPrefix(strings.TrimSpace(text), "#"); ok {
		var value any
		if der, err := hex.DecodeString(encoded); err == nil {
			if rest, err := asn1.Unmarshal(der, &value); err == nil && len(rest) == 0 {
				return fmt.Sprint(value)
			}
		}
	}
	return unescapeName(text)
}

// canonical joins the parts of a name. The attributes of one part have no
// order, and their values are compared without regard to case and to how many
// blanks there are (RFC 5280 §7.1, RFC 4518 §2.6.1).
func canonical(parts [][]string) string {
	joined := make([]string, len(parts))
	for i, attributes := range parts {
		for j, a := range attributes {
			kind, value, _ := strings.Cut(a, "=")
			attributes[j] = kind + "=" + strings.Join(strings.Fields(strings.ToLower(value)), " ")
		}
		slices.Sort(attributes)
		joined[i] = strings.Join(attributes, "\x00+")
	}
	return strings.Join(joined, "\x00,")
}

// splitUnescaped splits at a separator that no backslash escapes.
func splitUnescaped(text string, separator byte) []string {
	var parts []string
	begin := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case separator:
			parts = append(parts, text[begin:i])
			begin = i + 1
		}
	}
	return append(parts, text[begin:])
}

// unescapeName undoes the escapes of a value: a character, or a byte in
// hexadecimal, after a backslash (RFC 4514 §3). Blanks around it that no
// backslash escapes are not part of it.
func unescapeName(value string) string {
	value = strings.TrimLeft(value, " ")
	if trimmed := strings.TrimRight(value, " "); strings.HasSuffix(trimmed, `\`) && trimmed != value {
		value = trimmed + " "
	} else {
		value = trimmed
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		if i+2 < len(value) {
			if octet, err := hex.DecodeString(value[i+1 : i+3]); err == nil {
				b.Write(octet)
				i += 2
				continue
			}
		}
		i++
		b.WriteByte(value[i])
	}
	return b.String()
}
