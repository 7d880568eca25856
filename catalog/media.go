package catalog

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Role is what a picture, a video or a model is for.
type Role string

// The roles of media.
const (
	MainRole      Role = "main"
	GalleryRole   Role = "gallery"
	SwatchRole    Role = "swatch"
	LifestyleRole Role = "lifestyle"
	SizeGuideRole Role = "size_guide"
	VideoRole     Role = "video"
	// ModelRole is a 3D model, for try-on in a room or on a person.
	ModelRole Role = "model"
)

// Media is a picture, a video or a 3D model of a product or a variant.
type Media struct {
	Role Role `json:"role"`
	// URL of a picture or a video, absolute.
	URL string `json:"url,omitempty"`
	// Alt is the alternative text by locale.
	Alt map[Locale]string `json:"alt,omitempty"`
	// Sources of a model by format: glb, gltf, usdz.
	Sources map[string]string `json:"sources,omitempty"`
}

// Shown is what is shown where a role is asked for.
type Shown struct {
	Kind string `json:"kind"` // image, video or model
	URL  string `json:"url"`
}

func (r Role) kind() string {
	switch r {
	case VideoRole:
		return "video"
	case ModelRole:
		return "model"
	case MainRole, GalleryRole, SwatchRole, LifestyleRole, SizeGuideRole:
		return "image"
	}
	return ""
}

// absoluteURL reports whether s is an absolute http or https address.
func absoluteURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && !strings.ContainsAny(s, " \t\n\"<>")
}

// normalMedia returns media in normal form, or adds what is wrong.
func normalMedia(list []Media, p problems) []Media {
	var out []Media
	for i, m := range list {
		p := p.in(fmt.Sprintf("media[%d].", i))
		switch m.Role.kind() {
		case "":
			p.invalid("role", "%q is unknown", m.Role)
			continue
		case "model":
			m.URL = ""
			if len(m.Sources) == 0 {
				p.invalid("sources", "missing")
			}
			sources := make(map[string]string, len(m.Sources))
			for _, format := range sortedKeys(m.Sources) {
				source := strings.TrimSpace(m.Sources[format])
				sources[format] = source
				u, err := url.Parse(source)
				switch {
				case format != "glb" && format != "gltf" && format != "usdz":
					p.invalid("sources."+format, "unknown format")
				case !absoluteURL(source) || err != nil || !strings.EqualFold(path.Ext(u.Path), "."+format):
					p.invalid("sources."+format, "no absolute address of a .%s file", format)
				}
			}
			m.Sources = sources
		default:
			m.Sources = nil
			if m.URL = strings.TrimSpace(m.URL); !absoluteURL(m.URL) {
				p.invalid("url", "no absolute http or https address")
			}
		}
		m.Alt = normalTexts(m.Alt, p, "alt")
		out = append(out, m)
	}
	return out
}

// imageRoles are the roles in which a picture is looked for, best first.
func imageRoles(r Role) []Role {
	switch r {
	case MainRole:
		return []Role{MainRole, GalleryRole}
	case GalleryRole:
		return []Role{GalleryRole, MainRole}
	case SwatchRole, LifestyleRole:
		return []Role{r, MainRole, GalleryRole}
	}
	return []Role{r}
}

// show returns what stands for a role: of the variant's media before the
// product's. The platform is "ios" or "web".
func show(variant, product []Media, r Role, platform string) *Shown {
	switch r {
	case ModelRole:
		for _, list := range [][]Media{variant, product} {
			for _, m := range list {
				if source := m.source(platform); m.Role == ModelRole && source != "" {
					return &Shown{"model", source}
				}
			}
		}
		return show(variant, product, VideoRole, platform)
	case VideoRole:
		for _, list := range [][]Media{variant, product} {
			if m := firstOf(list, VideoRole); m != nil {
				return &Shown{"video", m.URL}
			}
		}
		r = MainRole
	}
	for _, list := range [][]Media{variant, product} {
		for _, role := range imageRoles(r) {
			if m := firstOf(list, role); m != nil {
				return &Shown{"image", m.URL}
			}
		}
	}
	return nil
}

// source returns the model for a platform.
func (m *Media) source(platform string) string {
	if platform == "ios" {
		return m.Sources["usdz"]
	}
	if s := m.Sources["glb"]; s != "" {
		return s
	}
	return m.Sources["gltf"]
}

func firstOf(list []Media, r Role) *Media {
	for i := range list {
		if list[i].Role == r {
			return &list[i]
		}
	}
	return nil
}

// gallery returns the pictures of a gallery, the variant's first, each once.
func gallery(variant, product []Media) []string {
	var urls []string
	for _, list := range [][]Media{variant, product} {
		for _, role := range []Role{MainRole, GalleryRole, LifestyleRole} {
			for _, m := range list {
				if m.Role == role && !contains(urls, m.URL) {
					urls = append(urls, m.URL)
				}
			}
		}
	}
	return urls
}
