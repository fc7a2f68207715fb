package report

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"html/template"
	"io"
)

// page holds the data of the template.
type page struct {
	Title, Verdict, Mark string
	// Loaded says what was loaded, in which version, and when.
	Loaded   string
	Tiles    []tile
	Reasons  []string
	Facts    []fact
	Sections []section
}

var (
	//go:embed assets/page.html
	pageText string
	//go:embed assets/report.css
	style string
	//go:embed assets/report.js
	script string
	//go:embed assets/uPlot.min.css
	libraryStyle string
	//go:embed assets/uPlot.iife.min.js
	library string
	//go:embed assets/uPlot.LICENSE
	libraryLicense string
)

// parse is done when a page is made: this package is in every k6 that starts.
func parse() (*template.Template, error) {
	return template.New("page").Parse(pageText)
}

// whole is a page and what is the same in all of them.
type whole struct {
	page

	Charts  []*chart
	Style   template.CSS
	Script  template.JS
	License string
	// Policy is the Content-Security-Policy: this style, this script, and nothing else.
	Policy string
}

func (p page) execute(w io.Writer) error {
	t, err := parse()
	if err != nil {
		return err
	}
	all := whole{
		page: p, License: libraryLicense,
		Style:  template.CSS(libraryStyle + style),   // #nosec G203 -- files of this package
		Script: template.JS(library + "\n" + script), // #nosec G203 -- files of this package
	}
	all.Policy = "default-src 'none'; style-src " + hash(string(all.Style)) + "; script-src " + hash(string(all.Script)) +
		"; base-uri 'none'; form-action 'none'"
	all.Charts = []*chart{}
	for _, s := range p.Sections {
		all.Charts = append(all.Charts, s.Charts...)
	}
	return t.Execute(w, all)
}

// hash is how a policy names a script or a style that is in the page.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
