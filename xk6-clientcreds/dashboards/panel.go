package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// Colors mean the same on every panel.
const (
	green  = "green"
	yellow = "yellow"
	red    = "red"
	purple = "purple"
	blue   = "blue"
)

// The sizes of panels on Grafana's grid of 24 columns.
const (
	statHeight  = 4
	graphHeight = 8
)

var source = common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}

// figure is one number that sums up the run.
func figure(title, description, unit, expr string) *stat.PanelBuilder {
	return stat.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).
		Unit(unit).Span(4).Height(statHeight).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		Thresholds(steps(above(blue))).
		NoValue("–").
		WithTarget(instant(expr, "").RefId("A"))
}

// mustBeZero colors a figure that makes the run worthless when it is not 0.
func mustBeZero(p *stat.PanelBuilder) *stat.PanelBuilder {
	return p.ColorMode(common.BigValueColorModeBackground).Thresholds(steps(above(green), from(1, purple)))
}

// curves draws queries over time, from 0 on, with what each was on average, at most and last in the legend.
func curves(title, description, unit string, queries ...*prometheus.DataqueryBuilder) *timeseries.PanelBuilder {
	p := timeseries.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).
		Unit(unit).Min(0).Span(12).Height(graphHeight).
		DrawStyle(common.GraphDrawStyleLine).LineWidth(1).FillOpacity(8).
		ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).Placement(common.LegendPlacementBottom).DisplayMode(common.LegendDisplayModeTable).
			Calcs([]string{"mean", "max", "lastNotNull"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	for i, query := range queries {
		p.WithTarget(query.RefId(refID(i)))
	}
	return p
}

// stacked draws the curves of a panel on top of each other: their sum is the whole.
func stacked(p *timeseries.PanelBuilder) *timeseries.PanelBuilder {
	return p.FillOpacity(40).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
}

// latencyMap is a heatmap of a trend.
func latencyMap(title, description, trend, matchers string) *heatmap.PanelBuilder {
	return heatmap.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).
		Span(12).Height(graphHeight).
		Calculate(false).
		CellValues(heatmap.NewCellValuesBuilder().Unit("cps")).
		Color(heatmap.NewHeatmapColorOptionsBuilder().
			Mode(heatmap.HeatmapColorModeScheme).Scheme("Oranges").Fill("dark-orange").
			Scale(heatmap.HeatmapColorScaleExponential).Exponent(0.5).Steps(64)).
		YAxis(heatmap.NewYAxisConfigBuilder().Unit("s").AxisPlacement(common.AxisPlacementLeft)).
		Tooltip(heatmap.NewHeatmapTooltipBuilder().Mode(common.TooltipDisplayModeSingle).ShowColorScale(true)).
		ShowLegend().
		WithTarget(heatmapOf(heat(trend, matchers)).RefId("A"))
}

// percentiles draws p50, p95 and p99 of a trend, with the slowest on top, and single requests whose
// traces are known as dots.
func percentiles(title, description, trend, matchers string) *timeseries.PanelBuilder {
	return curves(title, description, "s",
		graph(quantile(0.99, trend, matchers), "p99").Exemplar(true),
		graph(quantile(0.95, trend, matchers), "p95"),
		graph(quantile(0.5, trend, matchers), "p50"),
	)
}

// list is a table of one query's series.
func list(title, description, expr string) *table.PanelBuilder {
	return table.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).
		Span(12).Height(graphHeight).
		CellHeight(common.TableCellHeightSm).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{"sum"})).
		WithTarget(rows(expr).RefId("A"))
}

// columns says which labels of a table's series are shown, in which order, and how the value is
// called; without a name it is not shown.
func columns(p *table.PanelBuilder, value string, labels ...string) *table.PanelBuilder {
	order := map[string]any{"Value": len(labels)}
	hidden := map[string]any{"Time": true, "__name__": true, "job": true, "instance": true, "testid": true}
	for i, label := range labels {
		order[label] = i
		delete(hidden, label)
	}
	if value == "" {
		hidden["Value"] = true
	}
	return p.WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
		"excludeByName": hidden,
		"indexByName":   order,
		"renameByName":  map[string]any{"Value": value},
	}})
}

// merged shows the series of several queries in one table: a row for each set of labels, and a column for each query.
func merged(p *table.PanelBuilder, labels, values []string) *table.PanelBuilder {
	order, names := make(map[string]any), make(map[string]any)
	for i, label := range labels {
		order[label] = i
	}
	for i, value := range values {
		column := "Value #" + refID(i)
		order[column], names[column] = len(labels)+i, value
	}
	return p.WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": map[string]any{"Time": true},
			"indexByName":   order,
			"renameByName":  names,
		}})
}

// dashed sets the curves whose names match a regular expression apart from what was measured.
func dashed(p *timeseries.PanelBuilder, curves string) *timeseries.PanelBuilder {
	return p.OverrideByRegexp(curves, []dashboard.DynamicConfigValue{
		{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{6, 4}}},
		{Id: "custom.fillOpacity", Value: 0},
		{Id: "color", Value: map[string]any{"mode": "fixed", "fixedColor": red}},
	})
}

// rightAxis sets a curve that is another quantity than the others apart and gives it the right axis.
func rightAxis(p *timeseries.PanelBuilder, curve, unit string) *timeseries.PanelBuilder {
	return p.OverrideByName(curve, []dashboard.DynamicConfigValue{
		{Id: "unit", Value: unit},
		{Id: "custom.axisPlacement", Value: "right"},
		{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{6, 4}}},
		{Id: "custom.fillOpacity", Value: 0},
	})
}

// bars draws a curve that is another quantity than the others as bars, on the right axis.
func bars(p *timeseries.PanelBuilder, curve, unit string) *timeseries.PanelBuilder {
	return p.OverrideByName(curve, []dashboard.DynamicConfigValue{
		{Id: "unit", Value: unit},
		{Id: "custom.axisPlacement", Value: "right"},
		{Id: "custom.drawStyle", Value: "bars"},
		{Id: "custom.fillOpacity", Value: 35},
		{Id: "custom.lineWidth", Value: 0},
	})
}

// painted gives a curve a color that does not depend on which others are there.
func painted(p *timeseries.PanelBuilder, curve, color string) *timeseries.PanelBuilder {
	return p.OverrideByName(curve, []dashboard.DynamicConfigValue{
		{Id: "color", Value: map[string]any{"mode": "fixed", "fixedColor": color}},
	})
}

// above is the color of values below every limit, from the color from a limit on.
func above(color string) dashboard.Threshold { return dashboard.Threshold{Color: color} }

func from(limit float64, color string) dashboard.Threshold {
	return dashboard.Threshold{Value: &limit, Color: color}
}

func steps(list ...dashboard.Threshold) *dashboard.ThresholdsConfigBuilder {
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(list)
}

// mapped shows values as words.
func mapped(words map[string]dashboard.ValueMappingResult) []dashboard.ValueMapping {
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{
		Type:    dashboard.MappingTypeValueToText,
		Options: words,
	}}}
}

func word(text, color string) dashboard.ValueMappingResult {
	return dashboard.ValueMappingResult{Text: &text, Color: &color}
}

func section(title string) *dashboard.RowBuilder { return dashboard.NewRowBuilder(title) }

func refID(i int) string { return "ABCDEFGH"[i : i+1] }
