{{- define "snapgate.name" -}}
{{ .Release.Name | trunc 53 | trimSuffix "-" }}
{{- end }}

{{- define "snapgate.selector" -}}
app.kubernetes.io/name: {{ include "snapgate.name" . }}
{{- end }}

{{- define "snapgate.metadata" -}}
name: {{ include "snapgate.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "snapgate.selector" . | nindent 2 }}
{{- end }}

{{- define "snapgate.clusterMetadata" -}}
name: {{ include "snapgate.name" . }}
labels:
  {{- include "snapgate.selector" . | nindent 2 }}
{{- end }}

{{- define "snapgate.port" -}}
{{ .Values.settings.listen | splitList ":" | last }}
{{- end }}

{{- define "snapgate.metricsPort" -}}
{{- with index .Values.settings "metrics-listen" }}{{ . | splitList ":" | last }}{{ end }}
{{- end }}

{{- define "snapgate.settings" -}}
{{- $settings := deepCopy .Values.settings }}
{{- if not (index $settings "metrics-listen") }}
{{- $_ := unset $settings "metrics-listen" }}
{{- end }}
{{- if not (index $settings "tls-hosts") }}
{{- $_ := set $settings "tls-hosts" (printf "%s.%s.svc" (include "snapgate.name" .) .Release.Namespace) }}
{{- end }}
{{- toYaml $settings }}
{{- end }}
