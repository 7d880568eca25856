package message_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/flywheel-go/flywheel/campaign/message"
)

func Example() {
	t, err := message.Parse(message.Source{
		Subject: "{name}, your cart waits", HTML: `<p title="{name}">Hello {name}</p>`, Text: "Hello {name}",
	})
	if err != nil {
		log.Fatal(err)
	}
	r, err := t.Render(map[string]string{"name": "<Ann>"})
	var m message.Rendered = r
	fmt.Println(m.Subject)
	fmt.Println(m.HTML, err)
	// Output:
	// <Ann>, your cart waits
	// <p title="&lt;Ann&gt;">Hello &lt;Ann&gt;</p> <nil>
}

func ExampleTemplateError() {
	_, err := message.Parse(message.Source{HTML: "<p>Hello {first name}</p>"})
	var bad *message.TemplateError
	fmt.Println(errors.As(err, &bad), bad.Offset)
	// Output: true 9
}

func ExampleHeader() {
	value, err := message.Header("Subject", "Grüße")
	fmt.Println(value, err)
	_, err = message.Header("Subject", "Hi\r\nBcc: all@example.com")
	var refused *message.HeaderError
	fmt.Println(errors.As(err, &refused), err)
	// Output:
	// =?utf-8?q?Gr=C3=BC=C3=9Fe?= <nil>
	// true message: header "Subject": the control character U+000D at offset 2: invalid
}

func ExampleRecipient() {
	r := message.Recipient{Customer: "c1", Email: message.NewPrivate("ann@example.com")}
	fmt.Printf("%v %+v\n", r, r.Email)
	fmt.Println(&message.SendError{To: r, Err: errors.New("mailbox full")})
	fmt.Println(r.Email.Reveal())
	// Output:
	// recipient c1 [private]
	// message: to recipient c1: mailbox full
	// ann@example.com
}

func ExampleLinks() {
	links, err := message.NewLinks([]byte("a secret of 16 bytes or more"))
	if err != nil {
		log.Fatal(err)
	}
	token := links.Token("c1", "unsubscribe:marketing")
	fmt.Println(links.Check("c1", "unsubscribe:marketing", token))
	fmt.Println(links.Check("c2", "unsubscribe:marketing", token))
	// Output:
	// <nil>
	// message: the token is none of this link: unauthenticated: forbidden
}

func ExampleNewLinks() {
	_, err := message.NewLinks([]byte("short"))
	fmt.Println(err)
	// Output: message: secrets[0]: 5 bytes, at least 16: invalid
}
