package dashboards

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
)

// tag is on every dashboard of this project; they link to each other by it.
const tag = "clientcreds"

// Package exporter makes its names from the names of k6's metrics with these.
const (
	prefix  = "k6_"
	counted = "_total"
	nonzero = "_nonzero_total"
	samples = "_samples_total"
	seconds = "_seconds"
)

// frame holds the parts that all dashboards have: variables, links, annotations and time.
func frame(uid, title, description string) *dashboard.DashboardBuilder {
	return dashboard.NewDashboardBuilder(title).
		Uid(uid).Description(description).
		Tags([]string{"k6", "oauth2", tag}).
		Time("now-15m", "now").Refresh("5s").Timezone("browser").
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus")).
		WithVariable(choice("job", "Job", fmt.Sprintf("label_values(%s, job)", anyRun))).
		WithVariable(choice("instance", "Instance", fmt.Sprintf(`label_values(%s{job=~"$job"}, instance)`, anyRun))).
		WithVariable(choice("testid", "Test", fmt.Sprintf("label_values(%s{%s}, testid)", anyRun, ofTarget))).
		WithVariable(choice("scenario", "Scenario", fmt.Sprintf("label_values("+iterationsEnded+"{%s}, scenario)", ofRun))).
		WithVariable(choice("client", "Client", fmt.Sprintf("label_values("+grantRequests+"{%s}, client)",
			ofScenario))).
		Link(dashboard.NewDashboardLinkBuilder("Load test").
			Type(dashboard.DashboardLinkTypeDashboards).Tags([]string{tag}).
			IncludeVars(true).KeepTime(true)).
		Annotation(moment("Test started", green, started)).
		Annotation(moment("Test ended", red, ended))
}

// anyRun is a metric that every run has from its first second on.
const anyRun = prefix + metricname.VUsMax

// choice is a variable with several values, all of them at first.
func choice(name, label, query string) *dashboard.QueryVariableBuilder {
	all := dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}}
	text := dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}}
	return dashboard.NewQueryVariableBuilder(name).Label(label).Datasource(source).
		Query(dashboard.StringOrMap{Map: map[string]any{"query": query, "refId": "values"}}).Definition(query).
		Multi(true).IncludeAll(true).AllValue(".*").
		Current(dashboard.VariableOption{Selected: cog.ToPtr(true), Text: text, Value: all}).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalAsc)
}

// moment marks points in time on every graph: expr's values, in milliseconds.
func moment(name, color, expr string) *dashboard.AnnotationQueryBuilder {
	return dashboard.NewAnnotationQueryBuilder().
		Name(name).Datasource(source).Enable(true).IconColor(color).
		Expr(expr).UseValueForTime(true).
		TitleFormat(name).TextFormat("{{testid}} {{instance}}").TagKeys("job,instance,testid")
}
