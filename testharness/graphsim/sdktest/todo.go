package main

import (
	"context"
	"fmt"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// todo drives lists, tasks, their steps and links, and delta of part 4.
func todo(ctx context.Context, p *proof) {
	lists := p.app.Users().ByUserId(p.people[0]).Todo().Lists()
	var listID string
	p.call("todo: create a list", "Umzug, none", func() (string, error) {
		l := models.NewTodoTaskList()
		l.SetDisplayName(ptr("Umzug"))
		made, err := lists.Post(ctx, l, nil)
		if err != nil {
			return "", err
		}
		listID = str(made.GetId())
		return fmt.Sprintf("%s, %s", str(made.GetDisplayName()), made.GetWellknownListName()), nil
	})
	p.call("todo: the lists, among them the default one", "defaultList and Umzug", func() (string, error) {
		all, err := lists.Get(ctx, nil)
		if err != nil {
			return "", err
		}
		standard, ours := false, false
		for _, l := range all.GetValue() {
			standard = standard || *l.GetWellknownListName() == models.DEFAULTLIST_WELLKNOWNLISTNAME
			ours = ours || str(l.GetId()) == listID
		}
		return choose(standard && ours, "defaultList and Umzug", "not both"), nil
	})
	list := lists.ByTodoTaskListId(listID)
	tasks(ctx, p, list)
	p.call("todo: rename the list", "Umzug 2", func() (string, error) {
		l := models.NewTodoTaskList()
		l.SetDisplayName(ptr("Umzug 2"))
		changed, err := list.Patch(ctx, l, nil)
		if err != nil {
			return "", err
		}
		return str(changed.GetDisplayName()), nil
	})
	p.call("todo: delete the list", "done", func() (string, error) { return "done", list.Delete(ctx, nil) })
}

func tasks(ctx context.Context, p *proof, list *users.ItemTodoListsTodoTaskListItemRequestBuilder) {
	var id string
	p.call("todo: create a task with a due date", "notStarted, due at midnight UTC", func() (string, error) {
		t := models.NewTodoTask()
		t.SetTitle(ptr("Kartons"))
		day := p.now.AddDate(0, 0, 4).Truncate(24 * time.Hour)
		t.SetDueDateTime(moment(day))
		made, err := list.Tasks().Post(ctx, t, nil)
		if err != nil {
			return "", err
		}
		id = str(made.GetId())
		return fmt.Sprintf("%s, due %s", made.GetStatus(), choose(instant(made.GetDueDateTime()).Equal(day), "at midnight UTC", "another time")), nil
	})
	task := list.Tasks().ByTodoTaskId(id)
	p.call("todo: a step of it", "Band kaufen, open", func() (string, error) {
		c := models.NewChecklistItem()
		c.SetDisplayName(ptr("Band kaufen"))
		made, err := task.ChecklistItems().Post(ctx, c, nil)
		if err != nil {
			return "", err
		}
		return str(made.GetDisplayName()) + ", " + choose(*made.GetIsChecked(), "done", "open"), nil
	})
	p.call("todo: a link of it", "CRM", func() (string, error) {
		l := models.NewLinkedResource()
		l.SetApplicationName(ptr("CRM"))
		l.SetWebUrl(ptr("https://crm.example/4711"))
		made, err := task.LinkedResources().Post(ctx, l, nil)
		if err != nil {
			return "", err
		}
		return str(made.GetApplicationName()), nil
	})
	p.call("todo: the task with its link ($expand)", "1 link", func() (string, error) {
		t, err := task.Get(ctx, &users.ItemTodoListsItemTasksTodoTaskItemRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemTodoListsItemTasksTodoTaskItemRequestBuilderGetQueryParameters{Expand: []string{"linkedResources"}},
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d link", len(t.GetLinkedResources())), nil
	})
	p.call("todo: tasks by status ($filter)", "Kartons", func() (string, error) {
		found, err := list.Tasks().Get(ctx, &users.ItemTodoListsItemTasksRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemTodoListsItemTasksRequestBuilderGetQueryParameters{Filter: ptr("status eq 'notStarted'")},
		})
		if err != nil || len(found.GetValue()) != 1 {
			return "not one", err
		}
		return str(found.GetValue()[0].GetTitle()), nil
	})
	p.call("todo: complete the task", "completed, with a date", func() (string, error) {
		t := models.NewTodoTask()
		t.SetStatus(ptr(models.COMPLETED_TASKSTATUS))
		changed, err := task.Patch(ctx, t, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, %s", changed.GetStatus(), choose(changed.GetCompletedDateTime() != nil, "with a date", "without")), nil
	})
	p.call("todo: tasks with $select", "400 invalidRequest", func() (string, error) {
		_, err := list.Tasks().Get(ctx, &users.ItemTodoListsItemTasksRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemTodoListsItemTasksRequestBuilderGetQueryParameters{Select: []string{"title"}},
		})
		return "tasks", err
	})
	steps[models.TodoTaskable]{
		what:  "todo: tasks/delta",
		first: func() (any, error) { return list.Tasks().Delta().GetAsDeltaGetResponse(ctx, nil) },
		next: func(link string) (any, error) {
			return list.Tasks().Delta().WithUrl(link).GetAsDeltaGetResponse(ctx, nil)
		},
		make: users.CreateItemTodoListsItemTasksDeltaGetResponseFromDiscriminatorValue,
		change: func() error {
			t := models.NewTodoTask()
			t.SetTitle(ptr("Schlüssel"))
			if _, err := list.Tasks().Post(ctx, t, nil); err != nil {
				return err
			}
			return task.Delete(ctx, nil)
		},
	}.run(ctx, p)
}
