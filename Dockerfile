# The server in a container. CPU by default:
#   docker build -t instructdiffusion .
# It listens where others can reach it, so it needs keys (docs/security.md tells how to make them):
#   docker run -p 8080:8080 -v ./models:/models:ro -e Engine__Path=/models/NAME \
#     -v ./keys.jsonl:/keys.jsonl:ro -e Security__KeysFile=/keys.jsonl instructdiffusion
# To try it without, on this machine alone:
#   docker run -p 127.0.0.1:8080:8080 -e Security__AllowAnonymous=true instructdiffusion
# With a CUDA device:
#   docker build -t instructdiffusion:cuda --build-arg TORCH_FLAVOR=cuda .
#   docker run --gpus all -e Engine__Device=cuda ... instructdiffusion:cuda

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TORCH_FLAVOR=cpu
WORKDIR /source
COPY .editorconfig global.json Directory.Build.props Directory.Build.targets Directory.Packages.props appsettings.json ./
COPY eng/ eng/
# .dockerignore lets only the models in that come with the program.
COPY models/ models/
COPY src/Engine/ src/Engine/
COPY src/Outbound/ src/Outbound/
COPY src/Api/ src/Api/
RUN dotnet publish src/Api -c Release -p:TorchFlavor=${TORCH_FLAVOR} -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app ./
# Read by the NVIDIA container runtime; of no effect elsewhere.
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    ASPNETCORE_HTTP_PORTS=8080 \
    Jobs__Path=/data \
    DOTNET_EnableDiagnostics=0
EXPOSE 8080
# Jobs are all that is written, so the root file system may be read-only. Nobody else is to read them.
RUN install --directory --owner=$APP_UID --mode=700 /data
VOLUME /models /data
# The image's own unprivileged user.
USER $APP_UID
# The image has no curl; bash can speak enough HTTP. A large model may take minutes to load.
HEALTHCHECK --interval=15s --timeout=5s --start-period=300s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${ASPNETCORE_HTTP_PORTS} && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
# Longer than Server:ShutdownSeconds must be given to stop: docker stop -t 70.
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "InstructDiffusion.Api.dll"]
