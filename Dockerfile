FROM golang:1.26 AS build
WORKDIR /src

# Apart from the rest, so that a change of the code downloads nothing anew.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
ARG VERSION=devel
ARG COMMIT=unknown
# The flags leave nothing of the time and place of the build in the binary.
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
      -ldflags "-s -w -buildid= -X main.version=${VERSION} -X main.commit=${COMMIT}" \
      -o /out/ferry ./cmd/ferry \
 && echo 'ferry:x:65532:65532:Ferry:/:/none' > /out/passwd

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/passwd /etc/passwd
COPY --from=build /out/ferry /ferry
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/ferry", "health"]
ENTRYPOINT ["/ferry"]
CMD ["serve"]
