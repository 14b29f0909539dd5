// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The palette of Okabe and Ito, whose colours stay apart for colour-blind eyes. Shapes and dashes
// tell engines apart where colour is lost in print.
var (
	black      = rgb(0x000000)
	grey       = rgb(0x6e6e6e)
	lightGrey  = rgb(0xdcdcdc)
	whitePaper = rgb(0xffffff)
	orange     = rgb(0xe69f00)
	skyBlue    = rgb(0x56b4e9)
	green      = rgb(0x009e73)
	blue       = rgb(0x0072b2)
	vermillion = rgb(0xd55e00)
	purple     = rgb(0xcc79a7)
	wine       = rgb(0x882255)
)

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

// look is how something is drawn, in every figure alike.
type look struct {
	color color.RGBA
	glyph draw.GlyphDrawer
	dash  []vg.Length
}

var (
	solid  []vg.Length
	dashed = []vg.Length{vg.Points(4), vg.Points(2)}
	dotted = []vg.Length{vg.Points(1), vg.Points(2)}
)

// looks of engines, and of what is published about them: same colour, hollow glyph, dotted line.
var looks = map[string]look{
	"native-O2":          {black, polygon{sides: 24}, solid},
	"native-Os":          {grey, draw.RingGlyph{}, dashed},
	"native-O3":          {grey, draw.PlusGlyph{}, dotted},
	"jit":                {vermillion, polygon{sides: 4, turn: 0.125}, solid},
	"jit-compact":        {vermillion, draw.CrossGlyph{}, dotted},
	"jit-plan":           {vermillion, draw.TriangleGlyph{}, solid},
	"jit-plan-unchecked": {vermillion, draw.TriangleGlyph{}, dashed},
	"jit-unchecked":      {orange, draw.SquareGlyph{}, dashed},
	"vm":                 {blue, polygon{sides: 3, turn: 0.25}, solid},
	"femto":              {green, polygon{sides: 4}, solid},
	"rbpf":               {purple, polygon{sides: 3, turn: 0.75}, solid},
	"rbpf-decode":        {wine, draw.TriangleGlyph{}, solid},
	"rbpf-cache":         {skyBlue, polygon{sides: 4, turn: 0.125}, solid},
	"wasm2c":             {rgb(0x654ff0), polygon{sides: 4}, dashed},
	"µBPF":               {rgb(0x8c564b), polygon{sides: 3, turn: 0.75}, solid}, // the published system
}

// spare looks serve engines without one of their own, by order of appearance.
var spare = []look{
	{rgb(0x117733), draw.RingGlyph{}, solid},
	{rgb(0x44aa99), draw.TriangleGlyph{}, dashed},
	{rgb(0x332288), draw.PlusGlyph{}, dotted},
}

// lookOf is the look of the n-th thing shown.
func lookOf(name string, n int) look {
	if l, ok := looks[name]; ok {
		return l
	}
	return spare[n%len(spare)]
}

// ink is the colour for text: dark enough to read on white where the line's own is not.
func (l look) ink() color.RGBA {
	luminance := 0.299*float64(l.color.R) + 0.587*float64(l.color.G) + 0.114*float64(l.color.B)
	if luminance < 115 {
		return l.color
	}
	f := 115 / luminance
	return color.RGBA{R: uint8(f * float64(l.color.R)), G: uint8(f * float64(l.color.G)), B: uint8(f * float64(l.color.B)), A: 0xff}
}

func (l look) line() draw.LineStyle {
	return draw.LineStyle{Color: l.color, Width: vg.Points(1.2), Dashes: l.dash}
}

func (l look) point() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.color, Radius: vg.Points(2.3), Shape: l.glyph}
}

// Type sizes: legible when a figure is set at the width of a column. No bold: the PDF canvas loses it.
const (
	textSize  = 8
	titleSize = 10
	smallSize = 7
)

func sans(points float64) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(points))
}

func text(points float64, c color.Color) draw.TextStyle {
	return draw.TextStyle{Color: c, Font: sans(points), Handler: plot.DefaultTextHandler}
}

// polygon is a filled glyph: a triangle, square, diamond or, with many sides, a disc.
type polygon struct {
	sides int
	turn  float64 // of the first corner, anticlockwise from the right, in full turns
}

// DrawGlyph implements draw.GlyphDrawer. Polygons of few corners are drawn larger, so that all
// weigh the same.
func (g polygon) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	radius := style.Radius
	if g.sides < 5 {
		radius *= 1.25
	}
	corners := make([]vg.Point, g.sides)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * (g.turn + float64(i)/float64(g.sides)))
		corners[i] = vg.Point{X: at.X + radius*vg.Length(cos), Y: at.Y + radius*vg.Length(sin)}
	}
	c.FillPolygon(style.Color, corners)
}

// newPlot is an empty plot in the house's style. Titles and the name of the y axis are drawn above
// it, left-aligned, by drawTitle: that reads better than text on its side.
func newPlot(x string) *plot.Plot {
	p := plot.New()
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = sans(textSize)
		a.Label.Padding = vg.Points(2)
		a.Tick.Label.Font = sans(textSize)
		a.LineStyle = draw.LineStyle{Color: grey, Width: vg.Points(0.5)}
		a.Tick.LineStyle = a.LineStyle
		a.Tick.Length = vg.Points(3)
		a.Padding = vg.Points(4)
	}
	p.X.Label.Text = x
	return p
}

// drawTitle draws a title and a line below it, and returns the canvas underneath.
func drawTitle(dc draw.Canvas, title, subtitle string) draw.Canvas {
	y := dc.Max.Y - vg.Points(titleSize)
	dc.FillText(text(titleSize, black), vg.Point{X: dc.Min.X, Y: y}, title)
	if subtitle != "" {
		y -= vg.Points(titleSize * 1.4)
		dc.FillText(text(textSize, grey), vg.Point{X: dc.Min.X, Y: y}, subtitle)
	}
	return draw.Crop(dc, 0, 0, 0, y-vg.Points(8)-dc.Max.Y)
}
