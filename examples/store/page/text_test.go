package page

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Everything that the shop front says has its German and Chinese words.
func TestWords(t *testing.T) {
	said := regexp.MustCompile(`\{\{t [$.\w]*Language "([^"]+)"\}\}`)
	names, err := fs.Glob(files, "templates/*.html")
	require.NoError(t, err)
	n := 0
	for _, name := range names {
		if strings.HasPrefix(name, "templates/desk") {
			continue // the desk speaks English
		}
		text, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		for _, m := range said.FindAllStringSubmatch(string(text), -1) {
			_, shop := words[m[1]]
			_, member := memberWords[m[1]]
			require.True(t, shop || member, "%s: %q", name, m[1])
			n++
		}
	}
	require.Greater(t, n, 100)
	for text, w := range words {
		_, twice := memberWords[text]
		require.False(t, twice, text)
		require.NotContains(t, w, "", text)
	}
	require.Equal(t, "Warenkorb", say("de", "Cart"))
	require.Equal(t, "sent", say("en", "fulfilled"))
	require.Equal(t, "nobody's word", say("zh", "nobody's word"))
}
