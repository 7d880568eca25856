package checkout_test

// refTicketSteps are the steps of after-sales tickets.
var refTicketSteps = map[string]refHandler{}

// refTicketLooks are what is compared of tickets at the end.
var refTicketLooks = map[string]refLook{}
