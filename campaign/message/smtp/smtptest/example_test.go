package smtptest_test

import (
	"fmt"
	"net/smtp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/campaign/message/smtp/smtptest"
)

func Example() {
	server, err := smtptest.Start(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	err = smtp.SendMail(server.Addr, nil, "store@example.com", []string{"anna@example.com"}, []byte("Subject: Hello\r\n\r\nHello\r\n..\r\n"))
	fmt.Println(err)
	for _, m := range server.Mails() {
		fmt.Printf("%s %v %q\n", m.From, m.To, m.Data)
	}
	// Output:
	// <nil>
	// store@example.com [anna@example.com] "Subject: Hello\n\nHello\n..\n"
}

func ExampleStart() {
	server, err := smtptest.Start(&smtptest.Options{Reply: func(command string) string {
		if command == "." {
			return "451 4.3.0 later"
		}
		return ""
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	fmt.Println(smtp.SendMail(server.Addr, nil, "store@example.com", []string{"anna@example.com"}, []byte("Subject: Hello\r\n\r\nHello\r\n")))
	// Output: 451 "4.3.0 later"
}

// What a client says out of turn, too long or not at all is answered or hung up on.
func TestTalk(t *testing.T) {
	server, err := smtptest.Start(&smtptest.Options{Users: map[string]string{"store": "secret"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	c, err := smtp.Dial(server.Addr)
	require.NoError(t, err)
	require.NoError(t, c.Hello("test"))
	require.ErrorContains(t, c.Mail("a@example.com"), "530")
	require.ErrorContains(t, c.Auth(smtp.PlainAuth("", "store", "wrong", "127.0.0.1")), "535")
	c, err = smtp.Dial(server.Addr)
	require.NoError(t, err)
	require.NoError(t, c.Auth(smtp.PlainAuth("", "store", "secret", "127.0.0.1")))
	for _, bad := range []string{"NONSENSE", "DATA", "RCPT TO:<a@example.com>", "MAIL FROM:nobody", "STARTTLS"} {
		require.NoError(t, c.Text.PrintfLine("%s", bad))
		code, _, err := c.Text.ReadResponse(0)
		require.NoError(t, err)
		require.Contains(t, []int{501, 502, 503}, code, bad)
	}
	require.NoError(t, c.Reset())
	require.NoError(t, c.Quit())
	require.Empty(t, server.Mails())
}

// Closing hangs up on everybody, and is not held up by who says nothing.
func TestClose(t *testing.T) {
	server, err := smtptest.Start(nil)
	require.NoError(t, err)
	_, err = smtp.Dial(server.Addr)
	require.NoError(t, err)
	ended := make(chan error)
	go func() { ended <- server.Close() }()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("it waits")
	}
	_, err = smtp.Dial(server.Addr)
	require.Error(t, err)
}
