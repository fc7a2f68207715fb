package dashboards

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// files are the dashboards by the name of their file.
func files() map[string]*dashboard.DashboardBuilder {
	return map[string]*dashboard.DashboardBuilder{
		"run-overview.json":   runOverview(),
		"token-endpoint.json": tokenEndpoint(),
		"protected-api.json":  protectedAPI(),
	}
}

// Files returns the text of every dashboard by the name of its file.
func Files() (map[string][]byte, error) {
	texts := make(map[string][]byte)
	for name, builder := range files() {
		built, err := builder.Build()
		if err != nil {
			return nil, fmt.Errorf("building %s: %w", name, err)
		}
		numberPanels(&built)
		showControls(&built)
		text, err := json.MarshalIndent(built, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", name, err)
		}
		texts[name] = append(text, '\n')
	}
	return texts, nil
}

// showControls takes links and annotations out of Grafana's menu of controls, where the SDK puts
// them, and to the top of the dashboard, where they are seen.
func showControls(d *dashboard.Dashboard) {
	for i := range d.Links {
		d.Links[i].Placement = nil
	}
	for i := range d.Annotations.List {
		d.Annotations.List[i].Placement = nil
	}
}

// numberPanels gives each panel an id of its own: links to a panel and Grafana's own state need it.
func numberPanels(d *dashboard.Dashboard) {
	id := uint32(0)
	next := func() uint32 { id++; return id }
	for i := range d.Panels {
		if p := d.Panels[i].Panel; p != nil {
			n := next()
			p.Id = &n
		}
		if row := d.Panels[i].RowPanel; row != nil {
			row.Id = next()
		}
	}
}

// Write writes the dashboards into dir.
func Write(dir string) error {
	texts, err := Files()
	if err != nil {
		return err
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { // #nosec G306 -- Grafana reads it as another user
			return err
		}
	}
	return nil
}
