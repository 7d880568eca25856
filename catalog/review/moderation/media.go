package moderation

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/flywheel-go/flywheel"
)

// MediaError is an upload that is refused.
type MediaError struct {
	Name string // as given, cut where it is long
	Err  error  // wraps a kind
}

func (e *MediaError) Error() string { return fmt.Sprintf("moderation: media %q: %v", e.Name, e.Err) }

// Unwrap returns the cause.
func (e *MediaError) Unwrap() error { return e.Err }

// magic says how files of an extension begin: each text at its offset.
type magic struct {
	at   int
	text string
}

// formats are the extensions of uploads and how their files begin; any of the
// alternatives, all of each.
var formats = map[string][][]magic{
	"jpg":  {{{0, "\xff\xd8\xff"}}},
	"jpeg": {{{0, "\xff\xd8\xff"}}},
	"png":  {{{0, "\x89PNG\r\n\x1a\n"}}},
	"gif":  {{{0, "GIF87a"}}, {{0, "GIF89a"}}},
	"webp": {{{0, "RIFF"}, {8, "WEBP"}}},
	"avif": {{{4, "ftypavif"}}, {{4, "ftypavis"}}},
	"heic": {{{4, "ftyphei"}}, {{4, "ftypmif1"}}},
	"mp4":  {{{4, "ftyp"}}},
	"mov":  {{{4, "ftypqt"}}},
	"webm": {{{0, "\x1aE\xdf\xa3"}}},
	"glb":  {{{0, "glTF"}}},
	"usdz": {{{0, "PK\x03\x04"}}},
	"svg":  nil, // its content is read
}

// CheckMedia reports whether an uploaded file may be kept under its name: the name
// is one of a file, without a folder, a leading dot or another extension behind the
// one that counts, of an image, video or 3D model that browsers show; and the
// content, if given, begins as such files do. An SVG must hold neither script nor
// links to other files. The error is a [*MediaError] that matches
// [flywheel.ErrInvalid], or [flywheel.ErrLimit] where the name is too long.
func CheckMedia(name string, content []byte) error {
	refuse := func(kind error, format string, args ...any) error {
		short := name
		if len(short) > 80 {
			short = strings.ToValidUTF8(short[:80], "")
		}
		return &MediaError{short, fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), kind)}
	}
	if err := flywheel.CheckID(name); err != nil {
		return refuse(kindOf(err), "not a name")
	}
	switch {
	case strings.ContainsAny(name, `/\:*?"<>|%`), strings.Contains(name, ".."):
		return refuse(flywheel.ErrInvalid, "a path or a sign that paths use")
	case strings.HasPrefix(name, ".") || strings.HasSuffix(name, "."):
		return refuse(flywheel.ErrInvalid, "a dot at an end")
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) || invisible(r) }):
		return refuse(flywheel.ErrInvalid, "invisible characters")
	}
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	begins, known := formats[extension]
	base := strings.ToLower(name[:len(name)-len(path.Ext(name))])
	switch {
	case !known:
		return refuse(flywheel.ErrInvalid, "files .%s are not taken", extension)
	case reserved(base):
		return refuse(flywheel.ErrInvalid, "the name of a device")
	case executable(base):
		return refuse(flywheel.ErrInvalid, "two extensions, of which one is of a program")
	case content == nil:
		return nil
	case extension == "svg":
		if err := checkSVG(content); err != nil {
			return refuse(flywheel.ErrInvalid, "%v", err)
		}
		return nil
	}
	if !slices.ContainsFunc(begins, func(all []magic) bool {
		return !slices.ContainsFunc(all, func(m magic) bool {
			return len(content) < m.at+len(m.text) || string(content[m.at:m.at+len(m.text)]) != m.text
		})
	}) {
		return refuse(flywheel.ErrInvalid, "the content is none of a .%s", extension)
	}
	return nil
}

func kindOf(err error) error {
	if errors.Is(err, flywheel.ErrLimit) {
		return flywheel.ErrLimit
	}
	return flywheel.ErrInvalid
}

// reserved reports whether a name without extension is a device's in Windows.
func reserved(base string) bool {
	first, _, _ := strings.Cut(base, ".")
	switch first {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(first) == 4 && (first[:3] == "com" || first[:3] == "lpt") && first[3] >= '0' && first[3] <= '9'
}

// executable reports whether one of the inner extensions is one that servers or
// systems run.
func executable(base string) bool {
	for _, part := range strings.Split(base, ".")[1:] {
		part = strings.TrimSpace(part)
		switch {
		case strings.HasPrefix(part, "php"), strings.HasPrefix(part, "htm"), strings.HasPrefix(part, "xht"), strings.HasPrefix(part, "sht"),
			slices.Contains([]string{"asp", "aspx", "jsp", "jspx", "cgi", "pl", "py", "rb", "sh", "exe", "com", "bat", "cmd", "js", "mjs", "svg", "phtml", "jar", "war", "htaccess", "xml"}, part):
			return true
		}
	}
	return false
}

// checkSVG reads an SVG and refuses what runs or loads something.
func checkSVG(content []byte) error {
	d := xml.NewDecoder(bytes.NewReader(content))
	d.Strict = true
	depth, elements := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if elements == 0 {
				return errors.New("no element")
			}
			return nil
		}
		if err != nil {
			return errors.New("the SVG cannot be read")
		}
		switch t := token.(type) {
		case xml.Directive:
			return errors.New("the SVG has a document type")
		case xml.ProcInst:
			if t.Target != "xml" {
				return errors.New("the SVG has a processing instruction")
			}
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			if depth == 0 && name != "svg" {
				return fmt.Errorf("the SVG begins with %q", t.Name.Local)
			}
			if depth++; depth > 256 {
				return errors.New("the SVG is nested deeper than 256")
			}
			elements++
			if slices.Contains([]string{"script", "foreignobject", "iframe", "embed", "object", "handler", "style", "animate", "set", "a"}, name) {
				return fmt.Errorf("the SVG has the element %q", t.Name.Local)
			}
			for _, a := range t.Attr {
				if err := checkAttribute(a); err != nil {
					return err
				}
			}
		case xml.EndElement:
			depth--
		}
	}
}

func checkAttribute(a xml.Attr) error {
	name := strings.ToLower(a.Name.Local)
	value := strings.ToLower(strings.Join(strings.Fields(a.Value), ""))
	switch {
	case strings.HasPrefix(name, "on"):
		return fmt.Errorf("the SVG has the attribute %q", a.Name.Local)
	case (name == "href" || name == "src") && !strings.HasPrefix(value, "#"):
		return fmt.Errorf("the SVG links to another file by %q", a.Name.Local)
	case strings.Contains(value, "script:"), strings.Contains(value, "url(") && !strings.Contains(value, "url(#"), strings.Contains(value, "@import"):
		return fmt.Errorf("the SVG loads something by %q", a.Name.Local)
	}
	return nil
}
