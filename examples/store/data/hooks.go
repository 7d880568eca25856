package data

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/cart/order"
)

// HookChannel is that of messages to a program: webhooks.
const HookChannel = "webhook"

// Hooks are the journeys that tell another program what happens to orders, one for each kind of
// event.
func Hooks() (all []campaign.Journey) {
	for _, event := range []string{flywheel.EventPurchase, order.EventShipped, order.EventDelivered, flywheel.EventRefund, order.EventOrderCanceled, order.EventReturnRequested} {
		all = append(all, campaign.Journey{
			ID: campaign.ID("webhook-" + event), Trigger: campaign.Trigger{Event: event}, Reentry: campaign.Reentry{Policy: campaign.Parallel},
			Steps: []campaign.Step{{ID: "call", Send: &campaign.Send{Channel: HookChannel, Template: "webhook/" + event, Transactional: true}}},
		})
	}
	return all
}
