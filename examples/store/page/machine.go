package page

import (
	"context"
	"fmt"
	"net/http"

	"github.com/flywheel-go/flywheel/examples/store/web"
)

// machines adds what other programs ask and say.
func (s *Shop) machines(site *web.Site) {
	site.Watch(s.ready, s.gauges)
	site.Machine(http.MethodPost, "/hooks/payment", s.told)
}

// ready reports why the store cannot serve: its database does not answer.
func (s *Shop) ready(ctx context.Context) error {
	_, err := s.Wheel.Health(ctx)
	return err
}

// gauges are how the consumers of the log do, and the messages that failed for good.
func (s *Shop) gauges(ctx context.Context) (list []web.Gauge, err error) {
	all, err := s.Wheel.Health(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		of := fmt.Sprintf("consumer=%q", c.Name)
		list = append(list, web.Gauge{Name: "store_consumer_lag", Help: "Entries of the log that a consumer has not come to.", Labels: of, Value: float64(c.Lag)})
	}
	for _, c := range all {
		of := fmt.Sprintf("consumer=%q", c.Name)
		list = append(list, web.Gauge{Name: "store_consumer_parked", Help: "Entries that wait for somebody at the desk.", Labels: of, Value: float64(c.Parked)})
	}
	const most = 1000
	dead, err := s.Journeys.Dead(ctx, "", most)
	return append(list, web.Gauge{Name: "store_messages_dead", Help: "Messages and webhooks that failed for good, counted up to a thousand.", Value: float64(len(dead))}), err
}
