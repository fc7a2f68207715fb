package report

// section is a part of the page with a heading.
type section struct {
	ID, Title string
	// Note is a sentence below the heading.
	Note string
	// Nothing is a sentence that says why the section is empty, which is worth telling.
	Nothing string
	// Instead are sentences instead of charts that would show nothing.
	Instead []string
	// First are tables before the charts, and Tables those after them.
	First  []*table
	Charts []*chart
	Tables []*table
}

// chart adds a chart, if there is one.
func (s *section) chart(all ...*chart) {
	for _, c := range all {
		if c != nil && c.flat() {
			s.Instead = append(s.Instead, c.Title+": 0 during the whole time.")
		} else if c != nil {
			s.Charts = append(s.Charts, c)
		}
	}
}

func (s *section) table(all ...*table) {
	for _, t := range all {
		s.Tables = append(s.Tables, t.some()...)
	}
}

// filled are the sections with something in them, or to say.
func filled(all ...section) []section {
	var some []section
	for _, s := range all {
		if len(s.Instead)+len(s.First)+len(s.Charts)+len(s.Tables) > 0 || s.Nothing != "" {
			some = append(some, s)
		}
	}
	return some
}
