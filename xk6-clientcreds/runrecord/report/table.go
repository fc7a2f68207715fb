package report

// table is a table of text.
type table struct {
	Caption string
	Columns []string
	Rows    []row
}

// row is a row, whose first cell is its head.
type row struct {
	Cells []string
	// Mark is the emphasis of a row: bad, warn or good. The cells say it too.
	Mark string
}

func (t *table) add(cells ...string) { t.Rows = append(t.Rows, row{Cells: cells}) }

func (t *table) mark(mark string, cells ...string) {
	t.Rows = append(t.Rows, row{Cells: cells, Mark: mark})
}

// some is the table unless it is empty.
func (t *table) some() []*table {
	if len(t.Rows) == 0 {
		return nil
	}
	return []*table{t}
}
