# What kubeclient, the Ruby client, does with snapshots: ruby snapshots.rb KUBECONFIG NAMESPACE.
# It prints a line of JSON for each step, as [STEP, WHAT]. Its watches go by the old /watch/ paths.
require 'json'
require 'kubeclient'

context = Kubeclient::Config.read(ARGV[0]).context
namespace = ARGV[1]
CLIENT = Kubeclient::Client.new("#{context.api_endpoint}/apis/snapshot.kubevirt.io", 'v1beta1',
                                ssl_options: context.ssl_options, auth_options: context.auth_options)

$stdout.sync = true

def say(step, what)
  puts JSON.generate([step, what])
end

def snapshot(name, namespace, labels = {})
  Kubeclient::Resource.new(
    apiVersion: 'snapshot.kubevirt.io/v1beta1', kind: 'VirtualMachineSnapshot',
    metadata: { name: name, namespace: namespace, labels: labels },
    spec: { source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: 'web-01' } }
  )
end

def names(list)
  list.map { |item| item.metadata.name }
end

def refused
  yield
  nil
rescue Kubeclient::HttpError => e
  [e.error_code, e.class.name]
end

version = CLIENT.get_virtual_machine_snapshots(namespace: namespace).resourceVersion
say 'begins', version

made = CLIENT.create_virtual_machine_snapshot(snapshot('one', namespace, tier: 'gold'))
say 'created', [made.metadata.name, made.metadata.labels.to_h]
CLIENT.create_virtual_machine_snapshot(snapshot('two', namespace))
say 'exists', (refused { CLIENT.create_virtual_machine_snapshot(snapshot('two', namespace)) })
CLIENT.create_virtual_machine_snapshot(snapshot('three', namespace, tier: 'gold'))

say 'listed', names(CLIENT.get_virtual_machine_snapshots(namespace: namespace))
say 'everywhere', names(CLIENT.get_virtual_machine_snapshots)
say 'selected', names(CLIENT.get_virtual_machine_snapshots(namespace: namespace, label_selector: 'tier=gold'))
page = CLIENT.get_virtual_machine_snapshots(namespace: namespace, limit: 2)
rest = CLIENT.get_virtual_machine_snapshots(namespace: namespace, limit: 2, continue: page.continue)
say 'pages', [names(page), names(rest), rest.continue]

read = CLIENT.get_virtual_machine_snapshot('one', namespace)
read.metadata.labels.tier = 'silver'
say 'updated', CLIENT.update_virtual_machine_snapshot(read).metadata.labels.to_h
say 'stale', (refused do
  made.metadata.labels.tier = 'lead'
  CLIENT.update_virtual_machine_snapshot(made)
end)
merged = CLIENT.merge_patch_virtual_machine_snapshot('one', { metadata: { labels: { plan: 'nightly' } } }, namespace)
say 'patched', merged.metadata.labels.to_h
# What is applied has to be a Hash.
applied = CLIENT.apply_virtual_machine_snapshot(snapshot('four', namespace, a: '1').to_h, field_manager: 'ruby')
say 'applied', applied.metadata.managedFields.map { |entry| [entry.manager, entry.operation] }

CLIENT.delete_virtual_machine_snapshot('two', namespace)
say 'absent', (refused { CLIENT.get_virtual_machine_snapshot('two', namespace) })

# Of a namespace from the version at the beginning, of all, and of one by its name.
def watched(count, **options)
  watcher = CLIENT.watch_virtual_machine_snapshots(**options)
  events = []
  watcher.each do |event|
    events << [event.type, event.object.metadata.name]
    watcher.finish if events.size == count
  end
  events
end

say 'watched', watched(7, namespace: namespace, resource_version: version)
say 'watched everywhere', watched(7, resource_version: version)
say 'watched one', watched(3, namespace: namespace, name: 'one', resource_version: version)
