// Follows the snapshots of one cluster with the informer of @kubernetes/client-node, used as its documentation says,
// and prints a line of JSON for each event. Ends when its standard input does.
//
//   node informer.mjs FOLDER_OF_MODULES KUBECONFIG
import { pathToFileURL } from 'node:url';

const [modules, kubeconfig] = process.argv.slice(2);
const k8s = await import(pathToFileURL(`${modules}/@kubernetes/client-node/dist/index.js`));

const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);
const api = config.makeApiClient(k8s.CustomObjectsApi);
const resource = { group: 'snapshot.kubevirt.io', version: 'v1beta1', plural: 'virtualmachinesnapshots' };
const path = `/apis/${resource.group}/${resource.version}/${resource.plural}`;
const informer = k8s.makeInformer(config, path, () => api.listClusterCustomObject(resource));

const say = (event, object) =>
    console.log(JSON.stringify({ event, name: object?.metadata?.name, namespace: object?.metadata?.namespace }));
for (const event of ['add', 'update', 'delete', 'connect']) informer.on(event, (object) => say(event, object));
informer.on('error', () => {
    say('error');
    setTimeout(() => informer.start(), 200);
});
process.stdin.on('end', () => process.exit(0)).resume();
await informer.start();
