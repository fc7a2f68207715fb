package compare

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// WriteJUnit writes the result as JUnit XML, for the test reports of a CI system: one test case for
// each rule, and one for the runs as such, which fails when they are not to be trusted.
func WriteJUnit(w io.Writer, r *Result) error {
	suite := junitSuite{Name: "clientcreds compare"}
	suite.add(runsCase(r))
	for i := range r.Findings {
		suite.add(ruleCase(&r.Findings[i], r.Verdict))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(junitSuites{Suites: []junitSuite{suite}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitProblem `xml:"failure,omitempty"`
	Error   *junitProblem `xml:"error,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

// junitProblem says what is wrong twice: some CI systems show the attribute, others the text.
type junitProblem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func problem(text string) *junitProblem { return &junitProblem{text, text} }

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
}

func runsCase(r *Result) junitCase {
	c := junitCase{
		Class: "clientcreds.compare", Name: "the runs can be compared",
		Output: r.Base.String() + "\n" + r.Head.String(),
	}
	if len(r.invalid) > 0 {
		c.Error = problem(strings.Join(r.invalid, "\n"))
	}
	return c
}

func ruleCase(f *Finding, verdict validity.Verdict) junitCase {
	c := junitCase{Class: "clientcreds.compare", Name: f.Rule.Subject.String() + ": " + f.limit()}
	if f.Outcome == Unclear && verdict == Undecided {
		c.Error = problem("not decided: " + f.summary())
		return c
	}
	switch f.Outcome {
	case Broken:
		c.Failure = problem(f.summary())
	case Unknown:
		c.Error = problem(f.Reason)
	default:
		c.Output = fmt.Sprintf("%s: %s", f.Outcome, f.summary())
	}
	return c
}
