// Applies a snapshot on the server's side with @kubernetes/client-node, as its documentation says, and prints what the
// server answered as one line of JSON.
//
//   node apply.mjs FOLDER_OF_MODULES KUBECONFIG MANAGER FORCE < OBJECT_AS_JSON
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const [modules, kubeconfig, manager, force] = process.argv.slice(2);
const k8s = await import(pathToFileURL(`${modules}/@kubernetes/client-node/dist/index.js`));

const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const object = JSON.parse(await text(process.stdin));
try {
    const applied = await objects.patch(
        object, undefined, undefined, manager, force === 'true', k8s.PatchStrategy.ServerSideApply);
    console.log(JSON.stringify({ applied }));
} catch (error) {
    console.log(JSON.stringify({ status: error.code, body: JSON.parse(error.body) }));
}
