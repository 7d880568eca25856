package browser

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long anything may take before the test gives up: long, since a machine may be
// busy, and never waited for in vain.
const patience = 60 * time.Second

var (
	command string          // the built store
	chrome  context.Context // the running browser; nil without one
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(withBrowser(m))
}

func withBrowser(m *testing.M) int {
	path := os.Getenv("FLYWHEEL_CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		if os.Getenv("FLYWHEEL_REQUIRE") != "" {
			fmt.Fprintln(os.Stderr, "browser: no Chromium: apt-get install chromium")
			return 1
		}
		fmt.Fprintln(os.Stderr, "browser: skipped, for there is no Chromium")
		return 0
	}
	dir, err := os.MkdirTemp("", "store-browser-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	command = filepath.Join(dir, "store")
	build := exec.Command("go", "build", "-o", command, ".")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "browser: %v\n%s", err, out)
		return 1
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(filepath.Join(dir, "profile")),
		// Pages that come back are asked for again, so that Back shows what the store says now.
		chromedp.Flag("disable-features", "BackForwardCache,Translate,OptimizationHints,MediaRouter"),
		// As a visitor's browser calls itself, also in what a page posts when it goes away.
		chromedp.UserAgent("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
		chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true), chromedp.Flag("force-color-profile", "srgb"), chromedp.WSURLReadTimeout(patience))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	var end context.CancelFunc
	chrome, end = chromedp.NewContext(allocator)
	defer end()
	if err := chromedp.Run(chrome); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		return 1
	}
	return m.Run()
}

// password of every desk that the tests open.
const password = "secret word"

// store is a running command.
type store struct {
	t       testing.TB
	base    string
	process *exec.Cmd
	ended   chan struct{}
}

var opened = regexp.MustCompile(`open at (http://[^/]+)/`)

// start runs the command until the test ends.
func start(t testing.TB, args ...string) *store {
	t.Helper()
	s := &store{t: t, process: exec.Command(command, append([]string{"-desk", password, "-addr", "127.0.0.1:0", "-past", "0"}, args...)...), ended: make(chan struct{})}
	s.process.Dir = t.TempDir()
	var tail tailOf
	s.process.Stderr = &tail
	out, err := s.process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.process.Start())
	ready := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := opened.FindStringSubmatch(lines.Text()); m != nil {
				ready <- m[1]
			}
		}
		s.process.Wait() //nolint:errcheck // it is killed
		close(s.ended)
	}()
	t.Cleanup(func() {
		s.stop(os.Interrupt)
		if t.Failed() {
			t.Logf("the store wrote last:\n%s", tail.String())
		}
	})
	select {
	case s.base = <-ready:
	case <-s.ended:
		t.Fatalf("the store did not open: %s", tail.String())
	case <-time.After(patience):
		t.Fatalf("the store did not open in time: %s", tail.String())
	}
	return s
}

// kill ends the store as a power cut would.
func (s *store) kill() { s.stop(syscall.SIGKILL) }

func (s *store) stop(how os.Signal) {
	s.process.Process.Signal(how) //nolint:errcheck // it may have ended
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.process.Process.Kill() //nolint:errcheck // it may have ended
		<-s.ended
	}
}

// tailOf keeps the end of what a process writes.
type tailOf struct {
	mu   sync.Mutex
	text []byte
}

func (w *tailOf) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	if over := len(w.text) - 4000; over > 0 {
		w.text = w.text[over:]
	}
	return len(p), nil
}

func (w *tailOf) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}

// tab is a tab of the browser, in a profile of its own unless it was made beside another.
type tab struct {
	t        testing.TB
	ctx      context.Context
	base     string
	profile  cdp.BrowserContextID
	mu       sync.Mutex
	problems []string
}

// visit opens a tab of a new profile.
func (s *store) visit() *tab {
	s.t.Helper()
	browser := cdp.WithExecutor(chrome, chromedp.FromContext(chrome).Browser)
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(browser)
	require.NoError(s.t, err)
	return open(s.t, s.base, profile)
}

// beside opens another tab of the same profile.
func (b *tab) beside() *tab {
	b.t.Helper()
	return open(b.t, b.base, b.profile)
}

func open(t testing.TB, base string, profile cdp.BrowserContextID) *tab {
	t.Helper()
	browser := cdp.WithExecutor(chrome, chromedp.FromContext(chrome).Browser)
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(browser)
	require.NoError(t, err)
	ctx, end := chromedp.NewContext(chrome, chromedp.WithTargetID(id))
	b := &tab{t: t, ctx: ctx, base: base, profile: profile}
	t.Cleanup(func() {
		end()
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.problems) > 0 {
			t.Errorf("the console says: %s", strings.Join(b.problems, "; "))
		}
	})
	chromedp.ListenTarget(ctx, b.hear)
	b.run(runtime.Enable(), log.Enable(), network.Enable(), chromedp.EmulateViewport(1280, 900))
	return b
}

// hear notes what a page complains about. That a page has a status of refusal is no complaint:
// the tests ask for such pages.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeAssert {
			args, _ := json.Marshal(e.Args) //nolint:errcheck // of the browser
			b.problems = append(b.problems, string(args))
		}
	case *log.EventEntryAdded:
		// A page of refusal is answered with its status on purpose; a file that fails is not.
		refused := e.Entry.Source == log.SourceNetwork && refusal.MatchString(e.Entry.Text) && !file.MatchString(e.Entry.URL)
		if e.Entry.Level == log.LevelError && !refused {
			b.problems = append(b.problems, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

var (
	refusal = regexp.MustCompile(`status of 4\d\d`)
	file    = regexp.MustCompile(`\.(css|js|svg|png|ico|json)(\?|$)|/picture/`)
)

func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	// The first run of a context makes the tab, which lives as long as the context it was given.
	if chromedp.FromContext(b.ctx).Target == nil {
		require.NoError(b.t, chromedp.Run(b.ctx))
	}
	require.NoError(b.t, chromedp.Run(ctx, actions...))
}

//go:embed testdata/hands.js
var hands string

// ask evaluates an expression of testdata/hands.js in the page.
func (b *tab) ask(result any, expression string, args ...any) error {
	for i, a := range args {
		text, err := json.Marshal(a)
		require.NoError(b.t, err)
		expression = strings.ReplaceAll(expression, fmt.Sprintf("$%d", i+1), string(text))
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate("(() => {"+hands+"\nreturn "+expression+"})()", result,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// until waits for an expression to be true, also across pages.
func (b *tab) until(expression string, args ...any) {
	b.t.Helper()
	var ok bool
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		if err = b.ask(&ok, expression, args...); err == nil && ok {
			return
		}
	}
	require.NoError(b.t, err, expression)
	b.t.Fatalf("never true: %s %v at %s:\n%s", expression, args, b.at(), b.text())
}

// leaving does something that leads to another page, and waits for that page.
func (b *tab) leaving(do func()) *tab {
	b.t.Helper()
	var ok bool
	require.NoError(b.t, b.ask(&ok, `window.left = true`))
	do()
	b.until(`!window.left && document.readyState === "complete"`)
	return b
}

// see opens an address of the store.
func (b *tab) see(path string) *tab {
	b.t.Helper()
	b.run(chromedp.Navigate(b.base + path))
	b.until(`document.readyState === "complete"`)
	return b
}

// back presses the button of the browser.
func (b *tab) back() *tab {
	b.t.Helper()
	return b.leaving(func() { b.run(chromedp.NavigateBack()) })
}

// at is the path and query where the tab is.
func (b *tab) at() string {
	b.t.Helper()
	var at string
	require.NoError(b.t, b.ask(&at, `location.pathname + location.search`))
	return at
}

// text is what a person can read in the main part.
func (b *tab) text() string {
	b.t.Helper()
	var text string
	require.NoError(b.t, b.ask(&text, `(document.querySelector("main") || document.body).innerText`))
	return text
}

func (b *tab) has(texts ...string) *tab {
	b.t.Helper()
	for _, text := range texts {
		require.Contains(b.t, b.text(), text, "at %s", b.at())
	}
	return b
}

// hasNot wants none of the texts.
func (b *tab) hasNot(texts ...string) *tab {
	b.t.Helper()
	for _, text := range texts {
		require.NotContains(b.t, b.text(), text, "at %s", b.at())
	}
	return b
}

// press clicks a link or a button by what it says, with the mouse where it is to be seen.
func (b *tab) press(what string) *tab {
	b.t.Helper()
	return b.leaving(func() { b.click(what) })
}

// click is press where no other page follows.
func (b *tab) click(what string) *tab {
	b.t.Helper()
	b.mouse(`spot(pressable($1))`, what)
	return b
}

// within is click on what stands in the row, card or part that says where.
func (b *tab) within(where, what string) *tab {
	b.t.Helper()
	return b.leaving(func() { b.mouse(`spot(pressable($2, part($1)))`, where, what) })
}

func (b *tab) mouse(expression string, args ...any) {
	b.t.Helper()
	var at struct{ X, Y float64 }
	require.NoError(b.t, b.ask(&at, expression, args...), "at %s:\n%s", b.at(), b.text())
	b.run(chromedp.MouseClickXY(at.X, at.Y))
}

// fill types into the field of a label, or chooses there.
func (b *tab) fill(label, value string) *tab {
	b.t.Helper()
	var typed bool
	require.NoError(b.t, b.ask(&typed, `ready($1, $2)`, label, value), "at %s:\n%s", b.at(), b.text())
	if typed {
		b.run(input.InsertText(value))
	}
	return b
}

// value is what stands in the field of a label.
func (b *tab) value(label string) string {
	b.t.Helper()
	var v string
	require.NoError(b.t, b.ask(&v, `field($1).value`, label), "at %s:\n%s", b.at(), b.text())
	return v
}

// choose marks a radio button or a box by its label.
func (b *tab) choose(label string) *tab {
	b.t.Helper()
	b.mouse(`spot(field($1))`, label)
	return b
}

// key presses keys one after the other.
func (b *tab) key(keys ...string) *tab {
	b.t.Helper()
	for _, k := range keys {
		b.run(chromedp.KeyEvent(k))
	}
	return b
}

// picture takes the whole page.
func (b *tab) picture(file string) {
	b.t.Helper()
	var png []byte
	b.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).WithFromSurface(true).Do(ctx)
		return err
	}))
	require.NoError(b.t, os.WriteFile(file, png, 0o644))
}

// fillIn is fill in the form that has a button.
func (b *tab) fillIn(button, label, value string) *tab {
	b.t.Helper()
	require.NoError(b.t, b.ask(nil, `(() => { const l = all("label", pressable($1).closest("form")).find(l => labelOf(l).startsWith($2)); l.control.focus(); return true })()`, button, label), "at %s:\n%s", b.at(), b.text())
	b.run(input.InsertText(value))
	return b
}

// again sees a page until it has a text that something in the background brings about.
func (b *tab) again(path, text string) *tab {
	b.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		if b.see(path); strings.Contains(b.text(), text) {
			return b
		}
		if time.Now().After(end) {
			b.t.Fatalf("%s never had %q:\n%s", path, text, b.text())
		}
	}
}
