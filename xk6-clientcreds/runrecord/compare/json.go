package compare

import (
	"encoding/json"
	"io"
	"math"
)

// WriteJSON writes the result as a JSON object, with the values of every run.
func WriteJSON(w io.Writer, r *Result) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(jsonResult(r))
}

type resultObject struct {
	Verdict     string          `json:"verdict"`
	Reasons     []string        `json:"reasons"`
	Differences []string        `json:"differences"`
	Base        sideObject      `json:"base"`
	Head        sideObject      `json:"head"`
	Alpha       float64         `json:"alpha"`
	Findings    []findingObject `json:"findings"`
	Paired      *pairingObject  `json:"paired,omitempty"`
}

type pairingObject struct {
	After         float64              `json:"after"`
	Interferences []interferenceObject `json:"interferences"`
}

type interferenceObject struct {
	Metric     string       `json:"metric"`
	Base       float64      `json:"base"`
	Head       float64      `json:"head"`
	BaseBounds boundsObject `json:"baseBounds"`
	HeadBounds boundsObject `json:"headBounds"`
	Requests   int64        `json:"requests"`
}

// boundsObject are the bounds of an estimate, with 95% confidence.
type boundsObject struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

type sideObject struct {
	Runs      int      `json:"runs"`
	Processes int      `json:"processes"`
	Commits   []string `json:"commits"`
}

type findingObject struct {
	Rule    string        `json:"rule"`
	Limit   string        `json:"limit"`
	Outcome string        `json:"outcome"`
	Reason  string        `json:"reason,omitempty"`
	Unit    string        `json:"unit,omitempty"`
	Change  *changeObject `json:"change,omitempty"`
	Paired  *pairedChange `json:"paired,omitempty"`
}

// pairedChange is the change of a statistic in a paired run. Bounds that are not known are null.
type pairedChange struct {
	Base     float64  `json:"base"`
	Head     float64  `json:"head"`
	Relative bool     `json:"relative"`
	Change   float64  `json:"change"`
	Low      float64  `json:"low"`
	High     *float64 `json:"high"`
	After    float64  `json:"after"` // 0 where it is not decided
}

type changeObject struct {
	Base       float64   `json:"base"`
	Head       float64   `json:"head"`
	Share      *float64  `json:"share"` // null when the base is 0 and the head is not
	P          float64   `json:"p"`
	Noise      float64   `json:"noise"`
	Resolution float64   `json:"resolution"`
	BaseRuns   []float64 `json:"baseRuns"`
	HeadRuns   []float64 `json:"headRuns"`
}

func jsonResult(r *Result) resultObject {
	o := resultObject{
		Verdict:     string(r.Verdict),
		Reasons:     list(r.Reasons),
		Differences: list(r.Differences),
		Base:        sideObject{r.Base.Runs, r.Base.Processes, list(r.Base.Commits)},
		Head:        sideObject{r.Head.Runs, r.Head.Processes, list(r.Head.Commits)},
		Alpha:       Alpha,
		Findings:    make([]findingObject, len(r.Findings)),
	}
	for n, f := range r.Findings {
		o.Findings[n] = findingObject{
			Rule: f.Rule.Subject.String(), Limit: f.Rule.Limit.String(),
			Outcome: string(f.Outcome), Reason: f.Reason, Unit: string(f.Unit),
		}
		if i := f.Interval; i != nil {
			o.Findings[n].Paired = &pairedChange{
				Base: f.Change.Base, Head: f.Change.Head, Relative: i.Relative, Change: i.Change, Low: i.Low, After: f.After,
			}
			if !math.IsInf(i.High, 0) {
				o.Findings[n].Paired.High = &i.High
			}
		}
		if c := f.Change; c != nil && !f.paired() {
			o.Findings[n].Change = &changeObject{
				Base: c.Base, Head: c.Head, P: c.P, Noise: c.Noise, Resolution: c.Resolution, BaseRuns: c.BaseRuns,
				HeadRuns: c.HeadRuns,
			}
			if share := c.Share(); !math.IsInf(share, 0) {
				o.Findings[n].Change.Share = &share
			}
		}
	}
	if r.Paired != nil {
		o.Paired = &pairingObject{After: r.Paired.After, Interferences: []interferenceObject{}}
		for _, i := range r.Paired.Interferences {
			o.Paired.Interferences = append(o.Paired.Interferences,
				interferenceObject{
					i.Subject.String(), i.Base.Share, i.Head.Share,
					boundsObject{i.Base.Low, i.Base.High},
					boundsObject{i.Head.Low, i.Head.High},
					i.Requests,
				})
		}
	}
	return o
}

// list is an empty array rather than null.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
